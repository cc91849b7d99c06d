/** A request to a disk as an effect. */
import { Effect } from "effect"
import type { StorageError } from "@unchoke/engine"
import type { Disk, Reply, Request } from "./Disk.ts"
import { toStorageError } from "./StorageFault.ts"

/** The first fault in the reply is its failure. */
export const ask = (disk: Disk, request: Request): Effect.Effect<Reply, StorageError> =>
  Effect.tap(answerOf(disk, request), (reply) => {
    const fault = reply.find((answer) => typeof answer === "object")
    return fault === undefined ? Effect.void : Effect.fail(toStorageError(fault))
  })

/** Faults and all. */
export const answerOf = (disk: Disk, request: Request): Effect.Effect<Reply> =>
  Effect.callback<Reply>((resume) => disk.submit(request, (reply) => resume(Effect.succeed(reply))))

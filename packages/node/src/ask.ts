/** A request to a disk as an effect: the first fault in the reply is its failure. */
import { Effect } from "effect"
import type { StorageError } from "unchoke"
import type { Disk, Reply, Request } from "./Disk.ts"
import { toStorageError } from "./StorageFault.ts"

export const ask = (disk: Disk, request: Request): Effect.Effect<Reply, StorageError> =>
  Effect.callback<Reply>((resume) => disk.submit(request, (reply) => resume(Effect.succeed(reply)))).pipe(
    Effect.tap((reply) => {
      const fault = reply.find((answer) => typeof answer === "object")
      return fault === undefined ? Effect.void : Effect.fail(toStorageError(fault))
    }),
  )

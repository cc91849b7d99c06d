/** Peers that call a client and take from it, or are there and no more: the program loadgen/leech.c, run to its end. */
import { Effect, Schema } from "effect"
import { ChildProcess } from "effect/process"
import { ChildProcessSpawner } from "effect/process/ChildProcessSpawner"
import type { Job } from "./clients/Client.ts"
import { port } from "./clients/Client.ts"
import { Programs } from "./Programs.ts"
import type { Callers } from "./Scenario.ts"
import { totalLength } from "./Shape.ts"

/** What the client used while they were there. */
export class Taken extends Schema.Class<Taken>("bench/Taken")({
  /** Microseconds of the monotonic clock: from the first call to the last byte. */
  began: Schema.Int,
  ended: Schema.Int,
  /** Bytes that they got. */
  bytes: Schema.Int,
  /** Seconds of the client's user and system time. */
  cpu: Schema.Finite,
  /** Bytes of resident memory at most, and those that are no file's at the end. */
  peak: Schema.Int,
  anonymous: Schema.Int,
  /** Of silent links: what part of a core they take, and by how many bytes of memory the client has grown for each. */
  core: Schema.optionalKey(Schema.Finite),
  each: Schema.optionalKey(Schema.Int),
}) {}

/** Waits until the client has what there is to be taken; `undefined` where the client hung up on one of them. */
export const call = Effect.fnUntraced(function* (
  { count, bytes, seconds, work }: Callers,
  { infoHash, shape }: Job,
  client: { readonly address: string; readonly pid: number; readonly there: number },
) {
  const spawner = yield* ChildProcessSpawner
  const { leech } = yield* Programs
  const torrent = [infoHash, String(shape.pieceLength), String(totalLength(shape))]
  const whom = [client.address, String(port), String(client.pid)]
  const what = [String(count), work, String(work === "take" ? bytes : seconds), String(client.there)]
  const line = yield* spawner.string(ChildProcess.make(leech, [...torrent, ...whom, ...what], { stderr: "inherit" }))
  return line === "" ? undefined : yield* Schema.decodeEffect(Schema.fromJsonString(Taken))(line)
}, Effect.orDie)

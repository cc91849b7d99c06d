/** The peers of a benchmark: the program loadgen/loadgen.c, up as long as the scope is open. */
import { Effect, Queue, Schema, Stream } from "effect"
import { ChildProcess } from "effect/process"
import { Programs } from "./Programs.ts"
import { type Shape, totalLength } from "./Shape.ts"
import { slowness, type Swarm } from "./Swarm.ts"

/** One connection that a peer accepted; microseconds of the monotonic clock, 0 for what never happened. */
export class Visit extends Schema.Class<Visit>("bench/Visit")({
  peer: Schema.String,
  mode: Schema.String,
  accepted: Schema.Int,
  greeted: Schema.Int,
  interested: Schema.Int,
  requested: Schema.Int,
  /** When it last was sent something of a block. */
  last: Schema.Int,
  bytes: Schema.Int,
}) {}

/** What happened since the last report. */
export class Report extends Schema.Class<Report>("bench/Report")({
  /** CPU seconds of the load generator itself. */
  cpu: Schema.Finite,
  visits: Schema.Array(Visit),
}) {
  /** When the first block was asked for, of whomever; `undefined` if none was. */
  get firstRequest() {
    const times = this.visits.map(({ requested }) => requested).filter((time) => time > 0)
    return times.length === 0 ? undefined : Math.min(...times)
  }

  /** Bytes of blocks that all peers sent. */
  get sent() {
    return this.visits.reduce((sum, { bytes }) => sum + bytes, 0)
  }
}

export interface LoadGenerator {
  /** Closes every connection and tells what they were. */
  readonly report: Effect.Effect<Report>
}

export class LoadGeneratorFailed extends Schema.TaggedError<LoadGeneratorFailed>()("LoadGeneratorFailed", {
  output: Schema.String,
}) {
  override get message() {
    return `the load generator ended: ${this.output}`
  }
}

/** Every peer of every swarm listens when this returns. */
export const start = Effect.fnUntraced(function* (options: {
  readonly infoHash: string
  readonly shape: Shape
  readonly swarms: ReadonlyArray<Swarm>
  /** Path of the torrent's `info`, if the peers are to tell it to those who ask. */
  readonly info?: string
  /** The peers' kernel acknowledges each request at once: see loadgen.c. */
  readonly quickAcks: boolean
}) {
  const { info, infoHash, quickAcks, shape, swarms } = options
  const { loadgen } = yield* Programs
  const commands = yield* Queue.unbounded<string>()
  const args = [infoHash, String(shape.pieceLength), String(totalLength(shape)), ...(quickAcks ? ["quick-acks"] : [])]
  const process = yield* ChildProcess.make(loadgen, args, {
    stdin: Stream.encodeText(Stream.fromQueue(commands)),
    stderr: "inherit",
    detached: false,
  })
  const reports = yield* process.stdout.pipe(
    Stream.decodeText,
    Stream.splitLines,
    Stream.mapEffect((line) => decodeReport(line)),
    Stream.toQueue({ capacity: "unbounded" }),
  )
  const ended = new LoadGeneratorFailed({ output: "its message is above" })
  const report = Queue.offer(commands, "report\n").pipe(
    Effect.andThen(Queue.take(reports)),
    Effect.mapError(() => ended),
    Effect.orDie,
  )
  if (info !== undefined) yield* Queue.offer(commands, `describe ${info}\n`)
  for (const { address, distance = 0, mode, part, port, rate = 0 } of swarms.flat()) {
    const has = part === undefined ? "" : ` ${part.percent} ${part.place} ${part.places}`
    yield* Queue.offer(commands, `listen ${address} ${port} ${mode} ${slowness} ${rate} ${distance}${has}\n`)
  }
  yield* report
  return { report } satisfies LoadGenerator
})

const decodeReport = Schema.decodeEffect(Schema.fromJsonString(Report))

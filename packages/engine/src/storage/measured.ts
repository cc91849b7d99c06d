/** How long the disk takes, measured. */
import { Effect, type Metric } from "effect"
import { stopwatch } from "../monotonic.ts"
import * as Metrics from "../observe/Metrics.ts"
import type { StoredTorrent } from "./PieceStore.ts"

/** The same store; each write and read is counted by how long it took. */
export const measured = (store: StoredTorrent): Effect.Effect<StoredTorrent> =>
  Effect.gen(function* () {
    const now = yield* stopwatch
    const context = yield* Effect.context<never>()
    const timed = <A, E>(disk: Metric.Histogram<number>, work: Effect.Effect<A, E>): Effect.Effect<A, E> =>
      Effect.suspend(() => {
        const began = now()
        return Effect.onExit(work, () => Effect.sync(() => disk.updateUnsafe((now() - began) / 1000, context)))
      })
    return {
      ...store,
      write: (piece, buffer) => timed(Metrics.write, store.write(piece, buffer)),
      read: (piece, begin, into) => timed(Metrics.read, store.read(piece, begin, into)),
    }
  })

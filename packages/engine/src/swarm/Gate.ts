/**
 * Where a link waits until its bytes may go, in one direction: one Effect a turn, and none where nothing is limited.
 *
 * Who sends takes what it is about to send. Who receives takes what it has read, before it looks at it and reads on: then the socket fills, and the peer is held back by that.
 */
import { Duration, Effect, Latch, type Scope } from "effect"
import { stopwatch } from "../monotonic.ts"
import { Line, Rate, type Turn } from "./Rates.ts"

export interface Gate {
  /** How many bytes one should take at a time, so that others get their turn. */
  readonly turn: number
  /** Waits until so many bytes may go. */
  readonly take: (bytes: number) => Effect.Effect<void>
  /** So many of those did not go after all. */
  readonly giveBack: (bytes: number) => void
}

/** The gates of a session with this limit in bytes a second (`undefined`: none; 0: nothing passes): makes one for each torrent, with a limit of its own. */
export const make = Effect.fnUntraced(function* (
  limit: number | undefined,
): Effect.fn.Return<(limit: number | undefined) => Gate, never, Scope.Scope> {
  const now = yield* stopwatch
  const shared = new Rate(limit)
  const line = new Line(shared)
  const changed = Latch.makeUnsafe(false)

  const watch = Effect.gen(function* () {
    yield* changed.close
    const wait = line.advance(now())
    const due = wait === undefined ? Effect.never : Effect.sleep(Duration.millis(Math.ceil(wait)))
    yield* Effect.raceFirst(changed.await, due)
  })
  yield* Effect.forkScoped(Effect.forever(watch))

  return (limit) => {
    const own = new Rate(limit)
    const isFree = own.bytesPerSecond === Infinity && shared.bytesPerSecond === Infinity
    const wait = (bytes: number) =>
      Effect.callback<void>((resume) => {
        const turn: Turn = { own, bytes, go: () => resume(Effect.void) }
        line.enter(turn)
        changed.openUnsafe()
        return Effect.sync(() => {
          line.leave(turn)
          changed.openUnsafe()
        })
      })
    const take = (bytes: number) =>
      Effect.suspend(() => {
        if (!line.isEmpty) return wait(bytes)
        const time = now()
        if (shared.wait(bytes, time) > 0 || own.wait(bytes, time) > 0) return wait(bytes)
        shared.take(bytes, time)
        own.take(bytes, time)
        return Effect.void
      })
    return {
      turn: Math.min(own.turn, shared.turn),
      take: isFree ? () => Effect.void : take,
      giveBack: (bytes) => {
        if (isFree) return
        shared.giveBack(bytes)
        own.giveBack(bytes)
        changed.openUnsafe()
      },
    }
  }
})

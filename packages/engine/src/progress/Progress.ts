/** How far a download or a seed is, for people: a few numbers, a few times a second. */
import { Duration, Effect, Exit, Queue, Stream } from "effect"
import type { DownloadEvent } from "../DownloadEvent.ts"
import { stopwatch } from "../monotonic.ts"
import type { Strategy } from "../swarm/DownloadOptions.ts"
import type { Torrent } from "../Torrent.ts"
import * as Tally from "./Tally.ts"

/** Bytes, bytes a second, pieces and peers, at one moment. */
export interface Progress {
  /** The length of what is wanted in bytes: of all of the torrent, or of the pieces in which the chosen files lie. */
  readonly length: number
  /** Bytes that are verified and on the disk, those included that were there before. */
  readonly stored: number
  /** Bytes that have arrived, those included that are not verified yet. Never more than `length`; falls when a piece was corrupt. */
  readonly arrived: number
  /** Bytes of pieces that were sent to others. */
  readonly given: number
  readonly pieces: {
    /** How many are wanted. */
    readonly all: number
    /** How many are verified and on the disk. */
    readonly stored: number
    /** How many were looked at on the disk so far, before anything is fetched. */
    readonly checked: number
  }
  /** Bytes a second that arrive, as a mean over the last five seconds. */
  readonly down: number
  /** Bytes a second that are sent, likewise. */
  readonly up: number
  /** How long it takes until all is there at the rate of the last half minute, which changes less than `down`; `undefined` while nothing arrives, zero when it is there. */
  readonly left: Duration.Duration | undefined
  readonly peers: {
    /** How many we are connected to. */
    readonly connected: number
    /** How many of those let us ask. */
    readonly giving: number
    /** How many of those we serve. */
    readonly taking: number
    /** How many web seeds answer. */
    readonly webSeeds: number
  }
  /** How many copies of the torrent we and those that we are connected to have between us (1.25: all of it, and a quarter once more), once that is known. */
  readonly copies: number | undefined
  /** Whether every piece that is wanted is verified and on the disk. */
  readonly done: boolean
}

/** Nobody sees more, and telling would take all the time that there is. */
const mostOften = Duration.millis(10)

/** How often progress is told, and of what kind of run. */
export interface ProgressOptions {
  /** How often it is told at most (default: every 250 ms); no more often than every 10 ms, whatever is given. */
  readonly every?: Duration.Input | undefined
  /** By which strategy is downloaded, if not by a swarm's: in a race or a sequence whoever joins gives. */
  readonly strategy?: Strategy | undefined
  /** Whether a download goes on as a seed, so that peers stay when all is there (default: no). */
  readonly seed?: boolean | undefined
}

/**
 * What the events of a download or a seed come to: at once, then whenever `every` has passed, whether anything has happened or not (rates sink), and when the events end, also when they fail.
 *
 *     unchoke.download(torrent, { folder }).pipe(
 *       Progress.of(torrent),
 *       Stream.runForEach(({ down, left, stored, length }) => …),
 *     )
 *
 * Unlike the events themselves it holds up nothing: who is slow is told how far it is by then, and what was in between is left out. The last one is always told.
 */
export const of =
  (torrent: Torrent, { every = "250 millis", seed = false, strategy = "swarm" }: ProgressOptions = {}) =>
  <E, R>(events: Stream.Stream<DownloadEvent, E, R>): Stream.Stream<Progress, E, R> =>
    Stream.callback<Progress, E, R>(
      (queue) =>
        Effect.gen(function* () {
          const clock = yield* stopwatch
          let tally = Tally.initial(torrent, { isSwarm: strategy === "swarm", isSeed: seed })
          const tell = Effect.suspend(() => Queue.offer(queue, at(tally, clock())))
          const folding = Stream.runForEach(events, (event) =>
            Effect.sync(() => void (tally = Tally.step(tally, event, clock()))),
          )
          const pause = Duration.max(mostOften, Duration.fromInputUnsafe(every))
          const telling = Effect.forever(Effect.andThen(tell, Effect.sleep(pause)))
          const exit = yield* Effect.exit(Effect.raceFirst(folding, telling))
          yield* tell
          if (Exit.isFailure(exit)) return yield* exit
          yield* Queue.end(queue)
        }),
      { bufferSize: 1, strategy: "sliding" },
    )

/** What a tally comes to, at a time in milliseconds. */
export const at = (tally: Tally.Tally, now: number): Progress => {
  const { all, from, to } = Tally.exchange(tally)
  const left = isComplete(tally) ? 0 : Tally.timeLeft(tally, now)
  return {
    length: tally.wanted.bytes,
    stored: tally.bytes,
    arrived: Tally.arrived(tally),
    given: tally.given,
    pieces: { all: tally.wanted.pieces, stored: tally.stored, checked: tally.checked },
    down: Tally.rateDown(tally, now),
    up: Tally.rateUp(tally, now),
    left: left === undefined ? undefined : Duration.millis(left),
    peers: { connected: all, giving: from, taking: to, webSeeds: tally.webSeeds.size },
    copies: tally.supply?.copies,
    done: isComplete(tally),
  }
}

const isComplete = ({ checked, done, geometry, stored, wanted }: Tally.Tally): boolean =>
  done || (checked === geometry.pieces && stored === wanted.pieces)

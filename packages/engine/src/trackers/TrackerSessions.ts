/**
 * Our standing with each tracker of a torrent: whether it knows us, and what it told us to say.
 *
 * Each hears `started` until it has answered once; `completed` and `stopped` go only to those that have.
 */
import type { AnnounceRequest, TrackerReply } from "@unchoke/protocol"
import { Duration, Effect, Fiber, Random } from "effect"
import type { Torrent } from "../Torrent.ts"
import { Tracker } from "./Tracker.ts"
import { TrackerFailed } from "./TrackerFailed.ts"

/** What we tell every tracker. */
export interface Subject {
  readonly torrent: Pick<Torrent, "infoHash">
  /** Who we are, 20 bytes. */
  readonly peerId: Uint8Array
  /** The TCP port on which we are called. */
  readonly port: number
  /** How far we are, in bytes. */
  readonly progress: () => { readonly uploaded: number; readonly downloaded: number; readonly left: number }
}

/** How long a tracker may take: an HTTP tracker has 15 s of its own, a UDP tracker may lose one packet. */
export const trackerDeadline = Duration.seconds(30)

/** How long saying good-bye may take. */
export const goodbyeDeadline = Duration.seconds(2)

/** How many peers we ask for: what most trackers give at most. */
export const numWant = 200

export interface TrackerSessions {
  /** A regular announce, or the first one. */
  readonly announce: (tracker: string) => Effect.Effect<TrackerReply.Announced, TrackerFailed>
  /** Says `completed`, once, without waiting for the answers. */
  readonly completed: Effect.Effect<void>
  /** Says `stopped` and waits for that, but not long. */
  readonly goodbye: Effect.Effect<void>
}

export const make = Effect.fnUntraced(function* (subject: Subject): Effect.fn.Return<TrackerSessions, never, Tracker> {
  const { announce } = yield* Tracker
  const key = yield* Random.nextIntBetween(0, 2 ** 32 - 1)
  const acquainted = new Map<string, Pick<TrackerReply.Announced, "trackerId">>()
  let completing: Fiber.Fiber<void> | undefined

  const tell = (tracker: string, event: AnnounceRequest.AnnounceEvent) =>
    Effect.suspend(() => {
      const trackerId = acquainted.get(tracker)?.trackerId
      const request = {
        infoHash: subject.torrent.infoHash,
        peerId: subject.peerId,
        port: subject.port,
        ...subject.progress(),
        event,
        numWant: event === "stopped" ? 0 : numWant,
        key,
        ...(trackerId !== undefined && { trackerId }),
      }
      return announce(tracker, request)
    }).pipe(
      Effect.timeoutOrElse({
        duration: trackerDeadline,
        orElse: () =>
          Effect.fail(new TrackerFailed({ url: tracker, reason: { _tag: "TimedOut", waited: trackerDeadline } })),
      }),
    )

  const tellAll = (event: AnnounceRequest.AnnounceEvent) =>
    Effect.suspend(() =>
      Effect.forEach(acquainted.keys(), (tracker) => Effect.ignore(tell(tracker, event)), {
        concurrency: "unbounded",
        discard: true,
      }),
    )

  return {
    announce: (tracker) =>
      Effect.tap(tell(tracker, acquainted.has(tracker) ? "none" : "started"), ({ trackerId }) =>
        Effect.sync(() => acquainted.set(tracker, { trackerId: trackerId ?? acquainted.get(tracker)?.trackerId })),
      ),
    // Detached, since the scope usually ends with the download; the good-bye waits for it.
    completed: Effect.suspend(() =>
      completing === undefined
        ? Effect.map(Effect.forkDetach(tellAll("completed")), (fiber) => void (completing = fiber))
        : Effect.void,
    ),
    goodbye: Effect.suspend(() => (completing === undefined ? Effect.void : Fiber.join(completing))).pipe(
      Effect.andThen(tellAll("stopped")),
      Effect.interruptible,
      Effect.timeoutOption(goodbyeDeadline),
      Effect.andThen(Effect.suspend(() => (completing === undefined ? Effect.void : Fiber.interrupt(completing)))),
    ),
  }
})

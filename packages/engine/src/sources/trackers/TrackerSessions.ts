/**
 * Our standing with each tracker of a torrent: whether it knows us, on which port, and what it told us to say.
 *
 * Each hears `started` until it has answered once; `completed` and `stopped` go only to those that have. Nobody listens on the port that we announce, and whoever is named with it
 * is not called: it is us, or somebody like us.
 */
import { type AnnounceRequest, AnnounceUrl } from "@unchoke/protocol"
import { Cause, Duration, Effect, Equal, Exit, Fiber, Option, Random } from "effect"
import * as Hex from "effect/encoding/Hex"
import type { NetAddress } from "effect/net"
import type { Torrent } from "../../Torrent.ts"
import { type Attributes, spanned } from "../../observe/Trace.ts"
import { isLocal } from "./localAddress.ts"
import { type Announcement, Tracker } from "./Tracker.ts"
import { failedAt, type TrackerFailed, type TrackerProblem } from "./TrackerFailed.ts"

/** What we tell every tracker. */
export interface Subject {
  readonly torrent: Pick<Torrent, "infoHash">
  /** Who we are, 20 bytes. */
  readonly peerId: Uint8Array
  /** The port at which we can be called, if we can. */
  readonly port?: number | undefined
  /** How far we are, in bytes. */
  readonly progress: () => { readonly uploaded: number; readonly downloaded: number; readonly left: number }
}

/** How long a tracker may take: an HTTP tracker has 15 s of its own, a UDP tracker may lose one packet. */
export const trackerDeadline = Duration.seconds(30)

/** How long saying good-bye may take. */
export const goodbyeDeadline = Duration.seconds(2)

/**
 * The port that says "do not call me": libtorrent announces it when it cannot be called, and calls nobody who does. Port 0 would say it better, but large trackers refuse it.
 */
export const uncallable = 1

/** Trackers that refuse the port 1 refuse all below 1024; there we announce one that hardly anybody listens on, of these. */
const dynamicPorts = { first: 49_152, last: 65_535 }

/** How many peers we ask for: what most trackers give at most. */
export const numWant = 200

export interface TrackerSessions {
  /** A regular announce, or the first one. */
  readonly announce: (tracker: string) => Effect.Effect<Announcement, TrackerFailed>
  /** Says `completed`, once, without waiting for the answers. */
  readonly completed: Effect.Effect<void>
  /** Says `stopped` and waits for that, but not long. */
  readonly goodbye: Effect.Effect<void>
}

export const make = Effect.fnUntraced(function* (subject: Subject): Effect.fn.Return<TrackerSessions, never, Tracker> {
  const { announce } = yield* Tracker
  const key = yield* Random.nextIntBetween(0, 2 ** 32 - 1)
  const otherPort = yield* Random.nextIntBetween(dynamicPorts.first, dynamicPorts.last)
  const acquainted = new Map<string, Acquaintance>()
  let completing: Fiber.Fiber<void> | undefined

  const tell = (tracker: string, event: AnnounceRequest.AnnounceEvent, port = acquainted.get(tracker)?.port) =>
    Effect.suspend(() => {
      const trackerId = acquainted.get(tracker)?.trackerId
      return announce(tracker, {
        infoHash: subject.torrent.infoHash,
        peerId: subject.peerId,
        port: port ?? subject.port ?? uncallable,
        ...subject.progress(),
        event,
        numWant: event === "stopped" ? 0 : numWant,
        key,
        ...(trackerId !== undefined && { trackerId }),
      })
    }).pipe(
      Effect.mapError(({ reason }) => failedAt(tracker, reason)),
      spanned(
        "unchoke.announce",
        () => ({ tracker: AnnounceUrl.shown(tracker), event, infoHash: Hex.encode(subject.torrent.infoHash) }),
        answerOf,
      ),
    )

  const introduce = (tracker: string, port: number): Effect.Effect<Announcement, TrackerFailed> =>
    Effect.map(tell(tracker, acquainted.has(tracker) ? "none" : "started", port), (reply) => {
      acquainted.set(tracker, { port, trackerId: reply.trackerId ?? acquainted.get(tracker)?.trackerId })
      return { ...reply, peers: reply.peers.filter((peer) => !isNobody(peer, port, reply.externalIp)) }
    })

  const tellAll = (event: AnnounceRequest.AnnounceEvent) =>
    Effect.suspend(() =>
      Effect.forEach(acquainted.keys(), (tracker) => Effect.ignore(within(tracker)(tell(tracker, event))), {
        concurrency: "unbounded",
        discard: true,
      }),
    )

  return {
    announce: (tracker) => {
      const port = acquainted.get(tracker)?.port ?? subject.port
      return introduce(tracker, port ?? uncallable).pipe(
        Effect.catchIf(
          ({ reason }) => port === undefined && isAboutPort(reason),
          () => introduce(tracker, otherPort),
        ),
        within(tracker),
      )
    },
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

/** As a span tells it. */
const answerOf = (exit: Exit.Exit<Announcement, TrackerFailed>): Attributes => {
  if (Exit.isSuccess(exit)) return { verdict: "answered", peers: exit.value.peers.length }
  const error = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
  return { verdict: error?.reason._tag }
}

/** What a tracker that has answered knows of us, and we of it. */
interface Acquaintance {
  /** The port that it has taken from us. */
  readonly port: number
  readonly trackerId: Uint8Array | undefined
}

const within = (tracker: string) =>
  Effect.timeoutOrElse({
    duration: trackerDeadline,
    orElse: () => Effect.fail(failedAt(tracker, { _tag: "TimedOut", waited: trackerDeadline })),
  })

/** Whether a refusal may be one of our port: in words, or as a request that makes no sense. */
const isAboutPort = (problem: TrackerProblem): boolean =>
  (problem._tag === "Refused" && /port|порт/i.test(problem.reason)) ||
  (problem._tag === "HttpStatus" && problem.status === 400)

/** Whether nobody listens at an address: who announces the port 1 says so, and our own is known by where we are, as far as the tracker tells (BEP 24). */
const isNobody = (
  { address, port }: NetAddress.InetAddress,
  announced: number,
  externalIp: NetAddress.IpAddress | undefined,
): boolean =>
  port === uncallable ||
  (port === announced && (isLocal(address) || (externalIp !== undefined && Equal.equals(address, externalIp))))

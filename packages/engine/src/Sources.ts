/** Where candidates come from: the peers we were given, and the torrent's trackers. */
import { Effect, type Scope, Stream } from "effect"
import type { NetAddress } from "effect/net"
import type { Candidates } from "./Candidates.ts"
import type { Asked } from "./errors.ts"
import type { Self } from "./Self.ts"
import type { Torrent } from "./Torrent.ts"
import * as Announcer from "./trackers/Announcer.ts"
import type { Tracker } from "./trackers/Tracker.ts"
import { inWords } from "./trackers/TrackerFailed.ts"

export interface SourcesOptions {
  readonly torrent: Torrent
  readonly self: Self
  readonly peers: ReadonlyArray<NetAddress.InetAddress>
  readonly trackers: boolean
  readonly candidates: Candidates
  /** What trackers are told of our progress, in bytes. */
  readonly progress: () => { readonly uploaded: number; readonly downloaded: number; readonly left: number }
  /** Told what a source answered, and how many of its peers were new. */
  readonly answered: (asked: Asked, fresh: number) => Effect.Effect<void>
}

export interface Sources {
  /** What each source answered last. */
  readonly asked: () => ReadonlyArray<Asked>
  /** Tells the trackers that the download is complete. */
  readonly completed: Effect.Effect<void>
}

/** We do not listen for connections; trackers want a port all the same. */
const port = 6881

/** Asks every source, now and as often as trackers want it, until the scope ends. Settles the candidates when every source has answered once. */
export const open = Effect.fnUntraced(function* (
  options: SourcesOptions,
): Effect.fn.Return<Sources, never, Tracker | Scope.Scope> {
  const { candidates, peers, progress, self, torrent } = options
  const asked = new Map<string, Asked>()
  const answer = (
    source: string,
    answer: Asked["answer"],
    named: Iterable<NetAddress.InetAddress>,
    perHost?: number,
  ) => {
    asked.set(source, { source, answer })
    return options.answered({ source, answer }, candidates.add(named, perHost).length)
  }
  if (peers.length > 0) yield* answer("--peer", { peers: peers.length }, peers, Infinity)
  if (options.trackers) {
    for (const { url, why } of torrent.unusedTrackers.slice(0, Announcer.maxTrackers)) {
      yield* answer(url, { error: inWords({ _tag: "BadUrl", why }) }, [])
    }
  }
  if (!options.trackers || torrent.trackers.length === 0) {
    candidates.settle()
    return { asked: () => [...asked.values()], completed: Effect.void }
  }
  const announcer = yield* Announcer.start({ torrent, peerId: self.peerId, port, progress, trackers: torrent.trackers })
  yield* announcer.answers.pipe(
    Stream.runForEach((event) => {
      switch (event._tag) {
        case "TrackerAnswered":
          return answer(event.tracker, { peers: event.peers.length }, event.peers)
        case "TrackerFailed":
          return answer(event.tracker, { error: inWords(event.error.reason) }, [])
        case "RoundEnded":
          return Effect.sync(() => candidates.settle())
      }
    }),
    Effect.forkScoped,
  )
  return { asked: () => [...asked.values()], completed: announcer.completed }
})

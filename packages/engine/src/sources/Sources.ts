/**
 * Where candidates come from: the peers we were given, those that must be found first, and the torrent's trackers.
 *
 * Invariant: the candidates are settled exactly while no source that was asked owes its answer.
 */
import { AnnounceUrl, type Metainfo } from "@unchoke/protocol"
import { Duration, Effect, FiberSet, type Scope, Stream } from "effect"
import type { NetAddress } from "effect/net"
import { type Candidates, mostPerHostByHearsay } from "./Candidates.ts"
import type { Asked } from "./NoPeers.ts"
import type { Origin } from "./Origin.ts"
import type { PeerSource } from "./PeerSource.ts"
import type { Self } from "../peer/Self.ts"
import * as Announcer from "./trackers/Announcer.ts"
import type { Tracker } from "./trackers/Tracker.ts"
import { inWords } from "./trackers/TrackerFailed.ts"

/** What is to be known of a torrent to look for its peers. */
export interface Sought extends Pick<Metainfo.Metainfo, "trackers" | "unusedTrackers"> {
  readonly infoHash: Uint8Array
}

export interface SourcesOptions {
  /** Whether it is known what the torrent is. */
  readonly isKnown: boolean
  readonly torrent: Sought
  readonly self: Self
  readonly peers: ReadonlyArray<NetAddress.InetAddress>
  readonly sources: ReadonlyArray<PeerSource>
  readonly trackers: boolean
  readonly candidates: Candidates
  /** The port at which we can be called, if we can. */
  readonly port?: number | undefined
  /** What trackers are told of our progress, in bytes. */
  readonly progress: () => { readonly uploaded: number; readonly downloaded: number; readonly left: number }
  /** Told what a source answered, and how many of its peers were new. */
  readonly answered: (asked: Asked, fresh: number) => Effect.Effect<void>
  /** Told whom a kind of source has named that it had not named before. */
  readonly named: (origin: Origin, peers: ReadonlyArray<NetAddress.InetAddress>) => Effect.Effect<void>
}

export interface Sources {
  /** What each source answered last. */
  readonly asked: () => ReadonlyArray<Asked>
  /**
   * Nobody whom we know of would give us the file: asks every source that has not been heard so far. False where there is none. Otherwise the candidates are open again until all of
   * them have answered; does not wait for that.
   */
  readonly askEverybody: Effect.Effect<boolean>
  /** Whether a source is there that has answered and will be asked again: it may still bring somebody. */
  readonly mayBringSomebody: () => boolean
  /** It is known now that the torrent is not private: whoever finds peers for us may be told where we can be called, and soon is. Does not wait for that. */
  readonly described: Effect.Effect<void>
  /** Tells the trackers that the download is complete. */
  readonly completed: Effect.Effect<void>
}

/**
 * From when it is known what the torrent is until we are named where everybody looks: to find those who are to be told takes a processor as long as the first requests do, and who is done within a second has nothing for
 * anybody to call for.
 */
const beforeNamed = Duration.seconds(1)

/** What the peers are called that one knew beforehand. */
export const given = "given peers"

/** Asks every source whose turn it is, now and as often as trackers want it, until the scope ends. */
export const open = Effect.fnUntraced(function* (
  options: SourcesOptions,
): Effect.fn.Return<Sources, never, Tracker | Scope.Scope> {
  const { candidates, peers, progress, self, torrent } = options
  const asked = new Map<string, Asked>()
  /** Those that have answered and will be asked again, or go on looking. */
  const goOn = new Set<string>()
  const answer = (
    who: string,
    origin: Origin,
    answer: Asked["answer"],
    peers: ReadonlyArray<NetAddress.InetAddress> = [],
    perHost?: number,
  ) => {
    const source = origin === "tracker" ? AnnounceUrl.shown(who) : who
    asked.set(who, { source, origin, answer })
    const { fresh, named } = candidates.add(peers, origin, perHost)
    return Effect.andThen(
      options.answered({ source, origin, answer }, fresh),
      named.length === 0 ? Effect.void : options.named(origin, named),
    )
  }
  if (peers.length > 0) yield* answer(given, "you", { peers: peers.length }, peers, Infinity)
  if (options.trackers) {
    for (const { url, why } of torrent.unusedTrackers.slice(0, Announcer.maxTrackers)) {
      yield* answer(url, "tracker", { error: inWords({ _tag: "BadUrl", why }) })
    }
  }
  const debts = new Debts(candidates)
  const scope = yield* Effect.scope

  const isComplete = () => progress().left === 0
  const look = ({ find, isHope = true, name, origin }: PeerSource, port: number | undefined) => {
    let all = 0
    let owes = true
    debts.incur()
    const settle = Effect.sync(() => {
      if (owes) debts.settle()
      owes = false
    })
    return find({ infoHash: torrent.infoHash, port, isComplete }).pipe(
      Stream.runForEach(({ more, peers }) => {
        all += peers.length
        if (isHope || all > 0) goOn.add(name)
        const perHost = origin === "dht" ? mostPerHostByHearsay : undefined
        return Effect.andThen(answer(name, origin, { peers: all }, peers, perHost), more ? Effect.void : settle)
      }),
      Effect.catch((error) => answer(name, origin, { error })),
      Effect.ensuring(
        Effect.andThen(
          Effect.sync(() => goOn.delete(name)),
          settle,
        ),
      ),
    )
  }
  // What is not known may be private: then nobody is told that we have to do with it (BEP 27).
  const unnamed = yield* FiberSet.make()
  const hidden = options.isKnown ? [] : options.sources.filter(isPublic)
  const others = options.sources.filter((source) => !hidden.includes(source))
  for (const source of others) yield* Effect.forkScoped(look(source, options.port))
  for (const source of hidden) yield* FiberSet.run(unnamed, look(source, undefined))
  const described = Effect.gen(function* () {
    yield* Effect.sleep(beforeNamed)
    // In debt before the others have settled theirs.
    const named = hidden.map((source) => look(source, options.port))
    yield* FiberSet.clear(unnamed)
    for (const looking of named) yield* Effect.forkIn(looking, scope)
  }).pipe(Effect.forkIn(scope), Effect.asVoid)
  const announcer = yield* Announcer.start({
    torrent,
    peerId: self.peerId,
    port: options.port,
    progress,
    trackers: options.trackers ? torrent.trackers : [],
  })
  debts.incur()
  yield* announcer.answers.pipe(
    Stream.runForEach((event) => {
      switch (event._tag) {
        case "TrackerAnswered": {
          const { peers, tracker, withheld } = event
          goOn.add(tracker)
          return answer(tracker, "tracker", { peers: peers.length, ...(withheld > 0 && { withheld }) }, peers)
        }
        case "TrackerFailed":
          return answer(event.tracker, "tracker", {
            error: AnnounceUrl.without(event.tracker, inWords(event.error.reason)),
            problem: event.error.reason._tag,
          })
        case "RoundEnded":
          return Effect.sync(() => debts.settle())
      }
    }),
    Effect.forkScoped,
  )
  return {
    asked: () => [...asked.values()],
    // In debt before it is asked: an answer could come at once.
    askEverybody: Effect.sync(() => debts.incur()).pipe(
      Effect.andThen(announcer.askEverybody),
      Effect.tap((some) => Effect.sync(() => void (some || debts.settle()))),
      Effect.uninterruptible,
    ),
    mayBringSomebody: () => goOn.size > 0,
    completed: announcer.completed,
    described,
  }
})

/** Who asks there is seen by everybody. */
const isPublic = ({ origin }: PeerSource): boolean => origin === "dht" || origin === "lsd"

/** How many sources owe an answer. */
class Debts {
  readonly #candidates: Candidates
  #owed = 0

  constructor(candidates: Candidates) {
    this.#candidates = candidates
  }

  incur(): void {
    this.#owed++
    this.#candidates.unsettle()
  }

  settle(): void {
    this.#owed--
    if (this.#owed === 0) this.#candidates.settle()
  }
}

/** Who is there, and who would really give us the file? Probes every peer to its end and downloads nothing. */
import { WebSeedUrl } from "@unchoke/protocol"
import { Effect, Fiber, Option, Result, type Scope, type Stream } from "effect"
import type { NetAddress } from "effect/net"
import { chosen, wishesOf } from "./chosen.ts"
import type { NothingChosen } from "./NothingChosen.ts"
import type { FilesWanted } from "./swarm/DownloadOptions.ts"
import { Candidates } from "./sources/Candidates.ts"
import * as Gossip from "./sources/exchange/Gossip.ts"
import { publicInfoHash } from "./sources/PublicInfoHash.ts"
import * as Deadlines from "./peer/Deadlines.ts"
import type { Dialer } from "./peer/Dialer.ts"
import { NoPeers } from "./sources/NoPeers.ts"
import type { Link } from "./peer/Link.ts"
import * as Pace from "./probe/Pace.ts"
import { probeAll } from "./probe/probeAll.ts"
import * as Self from "./peer/Self.ts"
import type { PeerSource } from "./sources/PeerSource.ts"
import * as Sources from "./sources/Sources.ts"
import { publicSources } from "./swarm/publicSources.ts"
import { ambient } from "./swarm/Session.ts"
import type { SurveyEvent } from "./SurveyEvent.ts"
import { Availability } from "./pieces/Availability.ts"
import * as Need from "./probe/Need.ts"
import type { ProbeEvent } from "./probe/ProbeEvent.ts"
import { reported } from "./reported.ts"
import { Torrent } from "./Torrent.ts"
import { askSeed } from "./sources/web/askSeed.ts"
import { WebServer } from "./sources/web/WebServer.ts"
import type { Tracker } from "./sources/trackers/Tracker.ts"

export interface SurveyOptions {
  /** Peers known beforehand. */
  readonly peers?: ReadonlyArray<NetAddress.InetAddress> | undefined
  /** Further places where peers are found. */
  readonly sources?: ReadonlyArray<PeerSource> | undefined
  /** Whether the torrent's trackers are asked (default: yes). */
  readonly trackers?: boolean | undefined
  /** Whether peers tell us of others while we wait for them (default: yes; never for a private torrent). */
  readonly pex?: boolean | undefined
  /** Whether it is looked for in the DHT (default: yes, where there is one; never for a private torrent). */
  readonly dht?: boolean | undefined
  /** Whether it is asked in the local network who has the torrent (default: yes; never for a private torrent). */
  readonly lsd?: boolean | undefined
  /** Whether the torrent's web seeds are asked for a few bytes (default: yes). */
  readonly webSeeds?: boolean | undefined
  /** The files that are wanted: who has all their pieces has everything that we need (default: all). */
  readonly files?: FilesWanted | undefined
  /** Deadlines that differ from those of a race. */
  readonly deadlines?: Partial<Deadlines.Deadlines> | undefined
}

/** Probes all peers of a torrent; each ends as `Passed` or `Rejected`. Fails with `NoPeers` when no source names one, with `NothingChosen` when no file is wanted. */
export const survey = (
  torrent: Torrent,
  options: SurveyOptions = {},
): Stream.Stream<SurveyEvent, NoPeers | NothingChosen, Dialer | Tracker> =>
  reported((report) => run(torrent, options, report))

const run = Effect.fn("unchoke.survey")(function* (
  torrent: Torrent,
  options: SurveyOptions,
  report: (event: SurveyEvent) => Effect.Effect<void>,
): Effect.fn.Return<void, NoPeers | NothingChosen, Dialer | Tracker | Scope.Scope> {
  const wishes = wishesOf(yield* chosen(torrent, options.files))
  const everything = Need.everything(wishes.wants)
  const session = yield* ambient
  const self = yield* Self.make
  const candidates = new Candidates()
  const infoHash = publicInfoHash(torrent)
  // A survey wants to know of everybody.
  const others = { peers: false, trackers: false, nodes: Torrent.nodesOf(torrent) }
  const gossip = yield* Gossip.open({
    infoHash,
    pex: options.pex,
    candidates,
    isComplete: () => false,
    named: (peers) => report({ _tag: "Named", origin: "pex", peers }),
  })
  const sources = yield* Sources.open({
    torrent,
    isKnown: true,
    self,
    peers: options.peers ?? [],
    sources: [...(options.sources ?? []), ...publicSources(session, infoHash, others, options)],
    trackers: options.trackers ?? true,
    candidates,
    progress: () => ({ uploaded: 0, downloaded: 0, left: torrent.geometry.length }),
    answered: (asked, fresh) => report({ _tag: "SourceAnswered", asked, fresh }),
    named: (origin, peers) => report({ _tag: "Named", origin, peers }),
  })
  const availability = new Availability(torrent.geometry.pieces, 0)
  const tellCopies = Effect.suspend(() =>
    report({ _tag: "Copies", ...availability.copies(() => false, wishes.counts) }),
  )
  let passed = 0
  const probing = {
    options: {
      torrent,
      self,
      deadlines: Deadlines.of("race", options.deadlines),
      need: Need.something(wishes.wants),
      pace: yield* Pace.make(Pace.gentle),
      introduction: { about: { extensions: gossip?.extensions } },
      reached: (link: Link) => {
        gossip?.listenTo(link)
        availability.join(link.state().pieces)
      },
      report: (event: ProbeEvent) => {
        if (event._tag === "Rejected") candidates.tried(event.peer)
        return event._tag === "Parked" ? Effect.andThen(report(event), tellCopies) : report(event)
      },
    },
    keep: () => false,
    passed: (link: Link) => {
      const { peer } = link
      const { pieces } = link.state()
      passed++
      candidates.tried(peer)
      return report({ _tag: everything.isMetBy(pieces) ? "Passed" : "Partial", peer, seen: link.seen() })
    },
  }
  const webSeeds = yield* Effect.forkScoped(askWebSeeds(torrent, options, report))
  for (;;) {
    yield* probeAll(candidates.streamOfAll, probing)
    if (passed > 0 || !(yield* sources.askEverybody)) break
  }
  const failed = yield* Fiber.join(webSeeds)
  if (candidates.known > 0 || failed === undefined) return
  return yield* new NoPeers({ asked: sources.asked(), ...(failed.length > 0 && { webSeeds: failed }) })
})

/** So many web seeds are asked at once. */
const webSeedsAtOnce = 8

/** Asks each web seed; those that would not give us the file, or nothing as soon as one of them would. */
const askWebSeeds = Effect.fnUntraced(function* (
  torrent: Torrent,
  options: SurveyOptions,
  report: (event: SurveyEvent) => Effect.Effect<void>,
) {
  const server = yield* Effect.serviceOption(WebServer)
  if (options.webSeeds === false || Option.isNone(server)) return []
  const answers = yield* Effect.forEach(
    torrent.webSeeds,
    (url) =>
      askSeed(url, torrent).pipe(
        Effect.provideService(WebServer, server.value),
        Effect.tap(({ ranges, took }) => report({ _tag: "WebSeedPassed", url: WebSeedUrl.shown(url), ranges, took })),
        Effect.tapError((error) => report({ _tag: "WebSeedRejected", error })),
        Effect.result,
      ),
    { concurrency: webSeedsAtOnce },
  )
  return answers.some(Result.isSuccess)
    ? undefined
    : answers.flatMap((answer) => Option.toArray(Result.getFailure(answer)))
})

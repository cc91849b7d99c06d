/** Who is there, and who would really give us the file? Probes every peer to its end and downloads nothing. */
import { type MagnetLink, WebSeedUrl } from "@unchoke/protocol"
import { Effect, Fiber, Option, Result, type Scope, type Stream } from "effect"
import type { Digest } from "effect/crypto"
import { chosen, selected, wishesOf } from "./chosen.ts"
import { ask, described, recall, withPeersOf } from "./describeLink.ts"
import type { LinkDownloadError } from "./download.ts"
import type { DownloadEvent } from "./DownloadEvent.ts"
import type { InvalidOption } from "./InvalidOption.ts"
import type { NothingChosen } from "./NothingChosen.ts"
import { Candidates } from "./sources/Candidates.ts"
import * as Gossip from "./sources/exchange/Gossip.ts"
import { publicInfoHash } from "./sources/PublicInfoHash.ts"
import * as Deadlines from "./peer/Deadlines.ts"
import type { Dialer } from "./peer/Dialer.ts"
import { NoPeers } from "./sources/NoPeers.ts"
import type { Link } from "./peer/Link.ts"
import * as Pace from "./probe/Pace.ts"
import { examine } from "./probe/probeLink.ts"
import { probeAll } from "./probe/probeAll.ts"
import * as Self from "./peer/Self.ts"
import { unstacked } from "./peer/unstacked.ts"
import * as Sources from "./sources/Sources.ts"
import type { Guest } from "./swarm/Guest.ts"
import { publicSources } from "./swarm/publicSources.ts"
import type { Rendezvous } from "./swarm/Rendezvous.ts"
import { ambient } from "./swarm/Session.ts"
import { SurveyEvent } from "./SurveyEvent.ts"
import type { LinkSurveyOptions, SurveyOptions } from "./SurveyOptions.ts"
import { Availability } from "./pieces/Availability.ts"
import type { Wishes } from "./pieces/Wishes.ts"
import * as Need from "./probe/Need.ts"
import type { ProbeEvent } from "./probe/ProbeEvent.ts"
import { ofOutcome, ofPeer } from "./observe/ofPeer.ts"
import { spanned } from "./observe/Trace.ts"
import { observed } from "./observe/observed.ts"
import { reported } from "./reported.ts"
import { Torrent } from "./Torrent.ts"
import * as Unasked from "./sources/Unasked.ts"
import { askSeed } from "./sources/web/askSeed.ts"
import { WebServer } from "./sources/web/WebServer.ts"
import type { Tracker } from "./sources/trackers/Tracker.ts"

/**
 * Probes all peers of a torrent. Fails with `NoPeers` when no source names one, with `NothingChosen` when no file is wanted, with `InvalidOption` when there is no such file.
 *
 * Events may be relied on: of each peer `Dialling`, `Connected`, `Parked`, as far as it gets, and one of `Passed`, `Partial` and `Rejected`, with which its socket is closed; nobody is called twice. The stream ends when all
 * sources have answered and all who were named have their verdict. It waits for who takes no more events, of which 2048 may be untaken by then.
 */
export const survey = (
  torrent: Torrent,
  options: SurveyOptions = {},
): Stream.Stream<SurveyEvent, NoPeers | NothingChosen | InvalidOption, Dialer | Tracker> =>
  reported(observed({ activity: "survey", torrent }, (report: Report) => run(torrent, options, report)))

/**
 * The same of what a magnet link names: peers are asked first what the torrent is, and whoever is connected by then is probed on that connection; the times of its first dial count. Fails as `describeLink` does too.
 */
export const surveyLink = (
  link: MagnetLink.MagnetLink,
  options: LinkSurveyOptions,
): Stream.Stream<SurveyEvent, LinkDownloadError, Dialer | Tracker | Digest.Digest> =>
  reported(observed({ activity: "survey", torrent: link }, (report: Report) => runLink(link, options, report)))

type Report = (event: SurveyEvent) => Effect.Effect<void>

/** Where peers are found, and who is here already. */
interface Meeting extends Pick<Rendezvous, "candidates" | "gossip" | "self" | "sources"> {
  readonly guests: ReadonlyArray<Guest>
}

const run = Effect.fnUntraced(function* (
  torrent: Torrent,
  options: SurveyOptions,
  report: Report,
): Effect.fn.Return<void, NoPeers | NothingChosen | InvalidOption, Dialer | Tracker | Scope.Scope> {
  const wishes = wishesOf(yield* chosen(torrent, options.files))
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
  yield* examineAll(torrent, wishes, { candidates, gossip, self, sources, guests: [] }, options, report)
})

const runLink = Effect.fnUntraced(function* (
  link: MagnetLink.MagnetLink,
  given: LinkSurveyOptions,
  report: Report,
): Effect.fn.Return<void, LinkDownloadError, Dialer | Tracker | Digest.Digest | Scope.Scope> {
  const options = { ...given, files: given.files ?? selected(link) }
  const known = yield* recall(link, options)
  const again = withPeersOf(link, options)
  if (known !== undefined) return yield* run(yield* described(link, known, options, report), again, report)
  const asking = Effect.gen(function* () {
    // In a race's own time, and only what matters to a survey is told.
    const told = (event: DownloadEvent) => (isOfSurvey(event) ? report(event) : Effect.void)
    const found = yield* ask(link, { ...options, strategy: "race", onlyAsks: true }, told)
    const { rendezvous } = found
    const torrent = yield* described(link, found.info, options, report)
    // Of whoever was found where everybody looks, a private torrent may know nobody (BEP 27).
    if (torrent.private) return torrent
    yield* rendezvous.sources.described
    rendezvous.count(() => ({ uploaded: 0, downloaded: 0, left: torrent.geometry.length }))
    // Who hung up on us has not said yet what it would give.
    const lost = found.refused.filter(({ _tag }) => _tag === "Disconnected")
    rendezvous.candidates.return(lost.map(({ peer }) => peer))
    const wishes = wishesOf(yield* chosen(torrent, options.files))
    yield* examineAll(torrent, wishes, { ...rendezvous, guests: found.guests }, options, report)
    return undefined
  })
  const secluded = yield* Effect.scoped(asking)
  if (secluded !== undefined) yield* run(secluded, again, report)
})

const isOfSurvey = (event: DownloadEvent): event is Extract<DownloadEvent, SurveyEvent> =>
  event._tag in SurveyEvent.cases

/** Probes those who are here and everybody who is found, to the end. */
const examineAll = Effect.fnUntraced(function* (
  torrent: Torrent,
  wishes: Wishes,
  { candidates, gossip, guests, self, sources }: Meeting,
  options: SurveyOptions,
  report: Report,
) {
  const everything = Need.everything(wishes.wants)
  const availability = new Availability(torrent.geometry.pieces, 0)
  const tellCopies = Effect.suspend(() =>
    report({
      _tag: "Copies",
      ...availability.copies(() => false, wishes.counts),
      stretches: availability.fewestInStretches(mostStretches),
    }),
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
        if (event._tag === "Rejected") {
          unstacked(event.error)
          candidates.tried(event.peer)
        }
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
  const receive = ({ leave, link, peer }: Guest) =>
    Effect.gen(function* () {
      const guest = yield* link
      const broken = guest.describe(torrent.geometry.pieces)
      if (broken !== undefined) return yield* broken
      const { introduction, need, reached, report } = probing.options
      const parked = () => {
        reached(guest)
        return report({ _tag: "Parked", peer, seen: guest.seen() })
      }
      yield* examine(guest, { ...probing.options, introduction, need, parked })
      return guest
    }).pipe(
      spanned("unchoke.probe", () => ofPeer(peer), ofOutcome),
      // Hung up on before it is told what became of it, as others are.
      Effect.onExit(() => leave),
      Effect.tapError((error) => probing.options.report({ _tag: "Rejected", peer, error })),
      Effect.flatMap(probing.passed),
      Effect.ignore,
    )
  const receiving = yield* Effect.forkScoped(Effect.forEach(guests, receive, { concurrency: "unbounded" }))
  for (;;) {
    yield* probeAll(candidates.streamOfAll, probing)
    yield* Fiber.join(receiving)
    if (passed > 0 || !(yield* sources.askEverybody)) break
  }
  const failed = yield* Fiber.join(webSeeds)
  if (candidates.known > 0 || failed === undefined) return
  return yield* new NoPeers({
    asked: sources.asked(),
    unasked: Unasked.of(torrent, options),
    ...(failed.length > 0 && { webSeeds: failed }),
  })
})

/** So many stretches of the torrent are told apart. */
const mostStretches = 128

/** So many web seeds are asked at once. */
const webSeedsAtOnce = 8

/** Asks each web seed; those that would not give us the file, or nothing as soon as one of them would. */
const askWebSeeds = Effect.fnUntraced(function* (torrent: Torrent, options: SurveyOptions, report: Report) {
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

/**
 * Where a torrent's peers and we meet: who we are, at which port we can be called, whom we know of and who else is asked. It is there before the torrent itself need be known: its info hash is
 * enough.
 *
 * Invariant: a torrent has one rendezvous in a program, for as long as its scope: whoever opens it has it in hand (`Session.inHand`).
 */
import { Effect, type Scope, Semaphore } from "effect"
import type { Host } from "effect/net"
import { DownloadEvent } from "../DownloadEvent.ts"
import * as Deadlines from "../peer/Deadlines.ts"
import type { PiecePlan } from "../pieces/PiecePlan.ts"
import * as Self from "../peer/Self.ts"
import { Candidates } from "../sources/Candidates.ts"
import * as Gossip from "../sources/exchange/Gossip.ts"
import { publicInfoHash } from "../sources/PublicInfoHash.ts"
import * as Sources from "../sources/Sources.ts"
import * as Unasked from "../sources/Unasked.ts"
import type { Tracker } from "../sources/trackers/Tracker.ts"
import type { DownloadOptions, Strategy } from "./DownloadOptions.ts"
import { Torrent } from "../Torrent.ts"
import { Door } from "./Door.ts"
import { publicSources } from "./publicSources.ts"
import { Seats } from "./Seats.ts"
import { ambient, type Session } from "./Session.ts"

/** A torrent that peers are looked for. */
export interface Sought extends Sources.Sought {
  readonly name: string
  /** Not known while it is not known what the torrent is. */
  readonly private: boolean | undefined
  /** Nodes of the DHT that the torrent names (BEP 5). */
  readonly nodes?: ReadonlyArray<Host.HostPort>
}

export interface RendezvousOptions extends Pick<
  DownloadOptions,
  "deadlines" | "dht" | "lsd" | "maxPeers" | "pex" | "peers" | "sources" | "strategy" | "trackers"
> {
  /** Nobody is told that we can be called, nobody is waited for who might come: whoever only wants to know something is soon gone (default: no). */
  readonly onlyAsks?: boolean | undefined
}

export interface Rendezvous {
  readonly session: Session["Service"]
  readonly strategy: Strategy
  readonly deadlines: Deadlines.Deadlines
  readonly self: Self.Self
  readonly candidates: Candidates
  readonly sources: Sources.Sources
  /** What is not asked. */
  readonly unasked: ReadonlyArray<Unasked.Unasked>
  /** What peers tell each other of others; not for a private torrent. */
  readonly gossip: Gossip.Gossip | undefined
  /** Whether we wait for those who may still come. */
  readonly isPatient: boolean
  /** The port at which we can be called, if we can. */
  readonly port: number | undefined
  readonly seats: Seats
  /** Ends when one more dial may begin: torrents take turns, however many peers each has to call. */
  readonly pace: Effect.Effect<void>
  /** Where those who call us come in; nowhere when nobody is to call. */
  readonly door: Door | undefined
  /** From now on trackers are told this of our progress. */
  readonly count: (progress: Sources.SourcesOptions["progress"]) => void
}

/** The most peers of one torrent. */
const usualPeers = 80

/** What trackers are told is left while nobody has told us how much there is: something, or we would be taken for a seed. */
const leftUntold = 16_384

const nothingYet = () => ({ uploaded: 0, downloaded: 0, left: leftUntold })

export const open = Effect.fnUntraced(function* (
  torrent: Sought,
  options: RendezvousOptions,
  report: (event: DownloadEvent) => Effect.Effect<void>,
  counted: Sources.SourcesOptions["progress"] = nothingYet,
): Effect.fn.Return<Rendezvous, never, Tracker | Scope.Scope> {
  const session = yield* ambient
  const strategy = options.strategy ?? "swarm"
  const self = yield* Self.make
  const candidates = new Candidates()
  const { onlyAsks = false } = options
  const isAtHome = strategy === "swarm" && !onlyAsks
  const listening = isAtHome ? yield* listen(session) : undefined
  let progress = counted
  const infoHash = publicInfoHash(torrent)
  const others = {
    peers: (options.peers ?? []).length > 0 || (options.sources ?? []).length > 0,
    trackers: options.trackers !== false && torrent.trackers.length > 0,
    nodes: torrent.nodes,
  }
  const sources = yield* Sources.open({
    torrent,
    isKnown: torrent.private !== undefined,
    self,
    port: listening?.port,
    peers: options.peers ?? [],
    sources: [...(options.sources ?? []), ...publicSources(session, infoHash, others, options)],
    trackers: options.trackers ?? true,
    candidates,
    progress: () => progress(),
    answered: (asked, fresh) => report({ _tag: "SourceAnswered", asked, fresh }),
    named: (origin, peers) => report({ _tag: "Named", origin, peers }),
  })
  const gossip = yield* Gossip.open({
    infoHash,
    pex: options.pex,
    candidates,
    isComplete: () => progress().left === 0,
    named: (peers) => report({ _tag: "Named", origin: "pex", peers }),
  })
  if (listening !== undefined) yield* report(listening.event)
  const seats = new Seats(Semaphore.makeUnsafe(options.maxPeers ?? usualPeers), yield* session.seats.enter)
  const { reception } = session
  return {
    session,
    strategy,
    deadlines: Deadlines.of(strategy, options.deadlines),
    self,
    candidates,
    sources,
    unasked: Unasked.of({ ...torrent, webSeeds: undefined }, options),
    gossip,
    isPatient: !onlyAsks,
    port: listening?.port,
    pace: Semaphore.makeUnsafe(1).withPermit(session.pace),
    seats,
    door:
      isAtHome && reception !== undefined
        ? new Door({ torrent: { infoHash: torrent.infoHash, name: torrent.name }, reception, self, seats })
        : undefined,
    count: (next) => {
      progress = next
    },
  }
})

/** Of a torrent that is known, of which this much is here. */
export const ofTorrent = (
  torrent: Torrent,
  plan: PiecePlan,
  options: RendezvousOptions,
  report: (event: DownloadEvent) => Effect.Effect<void>,
) =>
  open({ ...torrent, nodes: Torrent.nodesOf(torrent) }, options, report, () => ({
    uploaded: 0,
    downloaded: plan.fetched,
    left: plan.left,
  }))

/** The port at which we can be called. Without one everything else goes on. */
const listen = Effect.fnUntraced(function* ({ reception }: Session["Service"]) {
  if (reception === undefined) return undefined
  return yield* reception.listen.pipe(
    Effect.map((port) => ({ port, event: DownloadEvent.cases.Listening.make({ port }) })),
    Effect.catch(({ message }) =>
      Effect.succeed({ port: undefined, event: DownloadEvent.cases.NotListening.make({ why: message }) }),
    ),
  )
})

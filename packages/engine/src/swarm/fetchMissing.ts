/** Fetch every piece that is missing: choose a peer, drain it, and when it is lost the next one goes on. */
import { Geometry } from "@unchoke/protocol"
import { Deferred, Duration, Effect, FiberSet, Latch, type Scope, Semaphore } from "effect"
import { NetAddress } from "effect/net"
import { Candidates } from "../sources/Candidates.ts"
import { type Choice, choosePeer } from "../probe/choosePeer.ts"
import * as Deadlines from "../peer/Deadlines.ts"
import type { Dialer } from "../peer/Dialer.ts"
import type { DownloadOptions } from "./DownloadOptions.ts"
import type { DownloadEvent } from "../DownloadEvent.ts"
import * as Drain from "../peer/Drain.ts"
import { CorruptPiece, type LinkError, TooSlow } from "../peer/errors.ts"
import type { NoPeers } from "../sources/NoPeers.ts"
import type { NoSuitablePeer } from "../probe/NoSuitablePeer.ts"
import type { StorageError } from "../storage/StorageError.ts"
import type { Link } from "../peer/Link.ts"
import { stopwatch } from "../monotonic.ts"
import * as Pace from "../probe/Pace.ts"
import type { Filling } from "../pieces/Filling.ts"
import type { PiecePlan } from "../pieces/PiecePlan.ts"
import type { StoredTorrent } from "../storage/PieceStore.ts"
import { received } from "./received.ts"
import { Requests } from "../pieces/Requests.ts"
import * as Self from "../peer/Self.ts"
import * as Sources from "../sources/Sources.ts"
import { type Supplier, Suppliers } from "./Suppliers.ts"
import type { Torrent } from "../Torrent.ts"
import type { Tracker } from "../sources/trackers/Tracker.ts"
import { Verdicts } from "./Verdicts.ts"

export interface Fetch {
  readonly torrent: Torrent
  readonly options: DownloadOptions
  readonly store: StoredTorrent
  readonly plan: PiecePlan
  readonly report: (event: DownloadEvent) => Effect.Effect<void>
}

/** Ends when the plan is complete. */
export const fetchMissing = Effect.fnUntraced(function* ({
  options,
  plan,
  report,
  store,
  torrent,
}: Fetch): Effect.fn.Return<void, NoSuitablePeer | NoPeers | StorageError, Dialer | Tracker | Scope.Scope> {
  const strategy = options.strategy === "sequence" ? "sequence" : "race"
  const links = options.links ?? 1
  const deadlines = Deadlines.of(strategy, options.deadlines)
  const self = yield* Self.make
  const pace = yield* Pace.make(Pace.gentle)
  const now = yield* stopwatch
  const finished = yield* Deferred.make<void, NoSuitablePeer | NoPeers | StorageError>()
  const candidates = new Candidates()
  const sources = yield* Sources.open({
    torrent,
    self,
    peers: options.peers ?? [],
    sources: options.sources ?? [],
    trackers: options.trackers ?? true,
    candidates,
    progress: () => ({ uploaded: 0, downloaded: plan.fetched, left: plan.left }),
    answered: (asked, fresh) => report({ _tag: "SourceAnswered", asked, fresh }),
  })
  const verdicts = new Verdicts({ candidates, asked: sources.asked, askEverybody: sources.askEverybody, report })
  const suppliers = new Suppliers()
  /** Everybody whom we have downloaded from, by name. */
  const met = new Map<string, Pick<Link, "peer" | "seen">>()
  /** Opens when a link has ended, or a piece has its verdict. */
  const changed = Latch.makeUnsafe(false)

  const condemn = Effect.fnUntraced(function* (name: string, piece: number) {
    const { peer, seen } = met.get(name)!
    if (candidates.isBanned(peer)) return
    const error = new CorruptPiece({ peer, seen: seen(), piece })
    plan.disown(name)
    verdicts.judge(error)
    const supplier = suppliers.of(name)
    yield* supplier === undefined ? report({ _tag: "Condemned", peer, error }) : supplier.dismiss(error)
  })

  const verify = Effect.fnUntraced(function* (filling: Filling) {
    const { buffer, piece } = filling
    const exhibit = plan.exhibit(filling)
    const verdict = yield* store.write(piece, buffer)
    if (verdict === "stored") {
      for (const name of plan.store(exhibit)) yield* condemn(name, piece)
      verdicts.progress(exhibit.senders)
      const bytes = Geometry.pieceSize(plan.geometry, piece)
      yield* report({ _tag: "PieceStored", piece, bytes, stored: plan.stored, pieces: plan.geometry.pieces })
      if (plan.complete) yield* Deferred.succeed(finished, undefined)
    } else {
      const culprit = plan.reject(exhibit)
      yield* report({ _tag: "PieceCorrupt", piece })
      if (culprit !== undefined) yield* condemn(culprit, piece)
      else for (const name of new Set(exhibit.senders)) verdicts.setback(name)
    }
    yield* changed.open
    suppliers.nudge()
  })
  const verifying = yield* FiberSet.make()
  // A store that breaks its promises ends the download too: without its verdict the piece would be waited for, for ever.
  const filled = (filling: Filling) =>
    verify(filling).pipe(
      Effect.catchCause((cause) => Deferred.failCause(finished, cause)),
      FiberSet.run(verifying),
      Effect.asVoid,
    )

  const drainLink = Effect.fnUntraced(function* (link: Link) {
    const { peer } = link
    const name = NetAddress.formatInet(peer)
    met.set(name, link)
    candidates.tried(peer)
    yield* report({ _tag: "Joined", peer, seen: link.seen(), incoming: false })
    const requests = new Requests(plan, { peer: name, has: (piece) => link.state().pieces.has(piece) })
    const dismissed = yield* Deferred.make<never, LinkError>()
    const drain = yield* Drain.make(link, requests, {
      plan,
      deadlines,
      othersWait: () => suppliers.anyGivingBut(name) || candidates.anyBetterThan(0),
      filled,
      received: yield* received((bytes) => report({ _tag: "Received", peer, bytes })),
      choked: (choked) => {
        if (choked) suppliers.nudge()
        return report({ _tag: "Standing", peer, standing: choked ? "parked" : "supplying", serving: false })
      },
    })
    suppliers.join(name, {
      peer,
      seen: link.seen,
      drain,
      dismiss: (why) => Effect.asVoid(Deferred.fail(dismissed, why)),
    })
    const error = yield* Effect.flip(Effect.raceFirst(drain.untilLost, Deferred.await(dismissed))).pipe(
      Effect.ensuring(Effect.sync(() => suppliers.leave(name))),
    )
    const seen = link.seen()
    met.set(name, { peer, seen: () => seen })
    verdicts.lost(error, requests.arrived, drain.rates().mean)
    suppliers.nudge()
    yield* report({ _tag: "Left", peer, error })
  })

  // Not before somebody would serve us: whoever finds no peer is left no empty file.
  const prepared = yield* Effect.cached(store.prepare)
  const choosing = Semaphore.makeUnsafe(1)
  const somethingChanges = Effect.suspend(() => {
    changed.closeUnsafe()
    return Effect.raceFirst(changed.await, candidates.change)
  })
  /** How many places are taken: their peers may come back. */
  let taken = 0
  const take = Effect.andThen(
    Effect.sync(() => void taken++),
    Effect.addFinalizer(() => Effect.sync(() => void taken--)),
  )
  /** Ends when a further choice makes sense. A peer that was lost while the last ones of this choice were still being dialled has come back too late for it. */
  const somebodyNew = Effect.suspend(() => {
    if (candidates.waiting) return Effect.void
    // What lies before the store may still say that somebody is to be tried again, or never.
    return taken > 0 || plan.unverified > 0 ? somethingChanges : verdicts.nobodyLeft
  })
  const choose: Effect.Effect<Choice, NoSuitablePeer | NoPeers, Dialer | Scope.Scope> = choosePeer(candidates.stream, {
    torrent,
    self,
    strategy,
    deadlines,
    pace,
    report: (event) => {
      if (event._tag === "Rejected") verdicts.judge(event.error)
      return report(event)
    },
  }).pipe(Effect.catchTag("NoSuitablePeer", () => Effect.andThen(somebodyNew, choose)))
  /** One place: filled by a choice, empty again when the link is lost. */
  const place = Effect.scoped(
    Effect.gen(function* () {
      // One at a time: while it pauses because nobody is left, no other place takes that for the end.
      const { link, undecided } = yield* Effect.uninterruptibleMask((restore) =>
        choosing.withPermit(Effect.tap(restore(choose), () => take)),
      )
      candidates.return(undecided)
      if (candidates.isBanned(link.peer)) return
      yield* prepared
      yield* drainLink(link)
    }),
  )
  const places = yield* FiberSet.make()
  const placeFree = Latch.makeUnsafe(false)
  /** While all waits for the disk, nobody is missing. */
  const othersToTry = () => plan.unverified === 0 && (candidates.anyUntried || candidates.waiting)
  const fillPlaces = Effect.gen(function* () {
    while ((yield* FiberSet.size(places)) < suppliers.wanted(links, strategy === "race" && othersToTry())) {
      yield* place.pipe(
        Effect.catchCause((cause) => Deferred.failCause(finished, cause)),
        Effect.ensuring(Effect.andThen(changed.open, placeFree.open)),
        FiberSet.run(places),
      )
    }
  })
  const tooSlow = (): ReadonlyArray<Supplier> => {
    const patience = Duration.toMillis(deadlines.blockHurried)
    if (strategy === "race") return suppliers.outdone(links, patience, othersToTry())
    return suppliers.poorFor(patience).filter(({ drain }) => candidates.anyBetterThan(drain.rates().late))
  }
  const tellDiscarded = Effect.suspend(() => {
    let sum = 0
    for (const [name, bytes] of plan.takeDiscarded()) {
      verdicts.setback(name)
      sum += bytes
    }
    return sum === 0 ? Effect.void : report({ _tag: "Discarded", bytes: sum })
  })
  let idleSince: number | undefined
  const overlook = Effect.gen(function* () {
    yield* fillPlaces
    yield* tellDiscarded
    for (const { dismiss, drain, peer, seen } of tooSlow()) {
      yield* dismiss(new TooSlow({ peer, seen: seen(), rate: Math.round(drain.rates().late) }))
    }
    // Nobody is asked for anything, and nothing is on its way to the disk: whatever the reason, nobody would ever end it.
    const { idle } = suppliers
    idleSince = idle.length > 0 && plan.unverified === 0 ? (idleSince ?? now()) : undefined
    if (idleSince !== undefined && now() - idleSince >= Duration.toMillis(deadlines.block)) {
      for (const { dismiss, peer, seen } of idle) yield* dismiss(new TooSlow({ peer, seen: seen(), rate: 0 }))
    }
    yield* Effect.raceFirst(Effect.sleep(overlookEvery), placeFree.await)
    yield* placeFree.close
  })
  yield* Effect.raceFirst(Effect.forever(overlook), Deferred.await(finished))
  yield* sources.completed
})

/** How often we look whether those who should give do. */
const overlookEvery = Duration.millis(500)

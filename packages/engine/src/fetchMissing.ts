/** Fetch every piece that is missing: choose a peer, drain it, and when it is lost the next one goes on. */
import { Geometry } from "@unchoke/protocol"
import { Deferred, Effect, FiberSet, identity, Latch, Option, type Scope, Semaphore } from "effect"
import { Candidates } from "./Candidates.ts"
import { type Choice, choosePeer } from "./choosePeer.ts"
import * as Deadlines from "./Deadlines.ts"
import type { Dialer } from "./Dialer.ts"
import type { DownloadOptions } from "./download.ts"
import type { DownloadEvent } from "./DownloadEvent.ts"
import * as Drain from "./Drain.ts"
import { CorruptPiece, type NoPeers, type NoSuitablePeer, type StorageError } from "./errors.ts"
import type { Link } from "./Link.ts"
import * as Pace from "./Pace.ts"
import type { Filling, PiecePlan } from "./PiecePlan.ts"
import type { StoredTorrent } from "./PieceStore.ts"
import { received } from "./received.ts"
import { Requests } from "./Requests.ts"
import * as Self from "./Self.ts"
import * as Sources from "./Sources.ts"
import type { Torrent } from "./Torrent.ts"
import type { Tracker } from "./trackers/Tracker.ts"
import { Verdicts } from "./Verdicts.ts"

export interface Fetch {
  readonly torrent: Torrent
  readonly options: DownloadOptions
  readonly store: StoredTorrent
  readonly plan: PiecePlan
  readonly report: (event: DownloadEvent) => Effect.Effect<void>
}

/** A link that is being drained, and what has become of its blocks. */
interface Supplier {
  /** A piece with blocks of it was good: if it is lost, it may be tried again. */
  served: boolean
  /** A piece with blocks of it and of others was corrupt. */
  suspected: boolean
  readonly refill: Effect.Effect<void>
  readonly condemn: (piece: number) => Effect.Effect<unknown>
}

/** Ends when the plan is complete. */
export const fetchMissing = Effect.fnUntraced(function* ({
  options,
  plan,
  report,
  store,
  torrent,
}: Fetch): Effect.fn.Return<void, NoSuitablePeer | NoPeers | StorageError, Dialer | Tracker | Scope.Scope> {
  const strategy = options.strategy ?? "race"
  const deadlines = Deadlines.of(strategy, options.deadlines)
  const self = yield* Self.make
  const pace = yield* Pace.make(Pace.gentle)
  const finished = yield* Deferred.make<void, StorageError>()
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
  const suppliers = new Map<object, Supplier>()
  const linkEnded = Latch.makeUnsafe(false)

  /** A buffer has come back, or a piece was left: others may go on. */
  const refillAll = Effect.suspend(() => Effect.forEach(suppliers.values(), ({ refill }) => refill, { discard: true }))

  const verify = Effect.fnUntraced(function* ({ buffer, piece, senders }: Filling) {
    const verdict = yield* store.write(piece, buffer)
    const involved = [...senders].flatMap((sender) => suppliers.get(sender) ?? [])
    if (verdict === "stored") {
      plan.store(piece)
      verdicts.progress()
      for (const supplier of involved) supplier.served = true
      const bytes = Geometry.pieceSize(plan.geometry, piece)
      yield* report({ _tag: "PieceStored", piece, bytes, stored: plan.stored, pieces: plan.geometry.pieces })
      if (plan.complete) yield* Deferred.succeed(finished, undefined)
    } else {
      plan.reject(piece)
      yield* report({ _tag: "PieceCorrupt", piece })
      for (const supplier of involved) {
        // Of several senders each may be the one; whoever is involved twice has had its chance.
        if (senders.size === 1 || supplier.suspected) yield* supplier.condemn(piece)
        supplier.suspected = true
      }
    }
    yield* refillAll
  })

  const drainLink = Effect.fnUntraced(function* (link: Link) {
    const { peer } = link
    const requests = new Requests(plan, (piece) => link.state().pieces.has(piece))
    const condemned = yield* Deferred.make<never, CorruptPiece>()
    const verifying = yield* FiberSet.make()
    const drain = yield* Drain.make(link, requests, {
      plan,
      deadlines,
      filled: (filling) =>
        verify(filling).pipe(
          // A store that breaks its promises ends the download too: without its verdict the piece would be waited for, for ever.
          Effect.catchCause((cause) => Deferred.failCause(finished, cause)),
          FiberSet.run(verifying),
          Effect.asVoid,
        ),
      received: yield* received((bytes) => report({ _tag: "Received", peer, bytes })),
      choked: (choked) => report({ _tag: choked ? "Choked" : "Unchoked", peer }),
    })
    const supplier: Supplier = {
      served: false,
      suspected: false,
      refill: drain.refill,
      condemn: (piece) => Deferred.fail(condemned, new CorruptPiece({ peer, seen: link.seen(), piece })),
    }
    yield* report({ _tag: "LinkOpened", peer, seen: link.seen() })
    suppliers.set(requests, supplier)
    const lost = yield* Effect.flip(Effect.raceFirst(drain.untilLost, Deferred.await(condemned)))
    // The last pieces that it filled may still be on their way to the disk: what they turn out to be says whether it deserves another chance.
    yield* FiberSet.awaitEmpty(verifying)
    suppliers.delete(requests)
    yield* refillAll
    const error = Option.match(yield* Deferred.poll(condemned), { onNone: () => Effect.fail(lost), onSome: identity })
    const verdict = yield* Effect.flip(error)
    verdicts.judge(verdict)
    if (verdict._tag === "CorruptPiece" || verdict._tag === "ProtocolViolation") candidates.ban(peer)
    else if (supplier.served) {
      verdicts.remember(peer)
      candidates.retry(peer)
    }
    yield* report({ _tag: "LinkLost", peer, error: verdict })
    yield* linkEnded.release
  })

  // Not before somebody would serve us: whoever finds no peer is left no empty file.
  const prepared = yield* Effect.cached(store.prepare)
  const choosing = Semaphore.makeUnsafe(1)
  /** Ends when a further choice makes sense. A peer that was lost while the last ones of this choice were still being dialled has come back too late for it. */
  const somebodyNew = Effect.suspend(() => {
    if (candidates.waiting) return Effect.void
    return suppliers.size === 0 ? verdicts.nobodyLeft : Effect.raceFirst(linkEnded.await, candidates.change)
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
  const chooseAndDrain = Effect.scoped(
    Effect.gen(function* () {
      // One at a time: while it pauses because nobody is left, no other slot takes that for the end.
      const choice = yield* choosing.withPermit(choose)
      candidates.return(choice.undecided)
      yield* prepared
      yield* drainLink(choice.link)
    }),
  )
  yield* Effect.all(
    Array.from({ length: options.links ?? 1 }, () => Effect.forever(chooseAndDrain)),
    { concurrency: "unbounded", discard: true },
  ).pipe(Effect.raceFirst(Deferred.await(finished)))
  yield* sources.completed
})

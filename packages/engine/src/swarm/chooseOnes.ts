/**
 * Race and sequence: so many places, each filled by one peer that has everything that is missing; when it is lost the next one goes on. When nobody is left, the web seeds are asked.
 *
 * Invariants: one choice is made at a time, for all places, so nobody is dialled twice for two of them; while it pauses because nobody is left, nothing else takes that for the end.
 */
import { Duration, Effect, FiberHandle, FiberSet, Latch, Scope } from "effect"
import type { DownloadEvent } from "../DownloadEvent.ts"
import type { Deadlines } from "../peer/Deadlines.ts"
import type { Dialer } from "../peer/Dialer.ts"
import { Dismissed, TooSlow } from "../peer/errors.ts"
import type { Link } from "../peer/Link.ts"
import { choosePeers, type ChooseOptions, type Choosing } from "../probe/choosePeers.ts"
import type { NoSuitablePeer } from "../probe/NoSuitablePeer.ts"
import type { NoPeers } from "../sources/NoPeers.ts"
import type { Member } from "./Member.ts"
import type { Swarm } from "./Swarm.ts"

export interface ChooseOnesOptions {
  readonly strategy: Choosing
  /** How many peers at once. */
  readonly links: number
  readonly deadlines: Deadlines
  readonly probing: Omit<ChooseOptions, "strategy" | "report" | "passedOver" | "deadlines" | "places">
  readonly report: (event: DownloadEvent) => Effect.Effect<void>
}

/** In seconds. Nobody waits so long without looking whether somebody else is faster. */
const longToTheEnd = 60

/** So long the others of a race wait for those who have places to give something; then nobody is kept from serving somebody else. */
const reserveFor = Duration.seconds(4)

/** How often we look whether those who should give do. */
const overlookEvery = Duration.millis(500)

/** Never ends by itself; fails when there is nobody to wait for. */
export const chooseOnes = Effect.fnUntraced(function* (
  { candidates, changed, enlist, ever, fills, members, plan, verdicts, webSeeds }: Swarm,
  { deadlines, links, probing, report, strategy }: ChooseOnesOptions,
): Effect.fn.Return<never, NoSuitablePeer | NoPeers, Dialer | Scope.Scope> {
  // Made first, and so closed last: who is let go at the end has not hung up.
  const sockets = yield* Scope.fork(yield* Effect.scope)
  const runPlace = yield* FiberSet.makeRuntime()
  /** How many places are taken: their peers may come back. */
  let taken = 0
  const placeFree = Latch.makeUnsafe(false)
  const somethingChanges = Effect.suspend(() => {
    changed.closeUnsafe()
    return Effect.raceFirst(changed.await, candidates.change)
  })
  const nobodyLeft = Effect.catch(verdicts.nobodyLeft, (error) =>
    webSeeds.call() ? Effect.raceFirst(candidates.change, Effect.sleep(overlookEvery)) : Effect.fail(error),
  )
  /** Ends when a further choice makes sense. A peer that was lost while the last ones of this choice were still being dialled has come back too late for it. */
  const somebodyNew = Effect.suspend(() => {
    if (candidates.waiting) return Effect.void
    // What lies before the store may still say that somebody is to be tried again, or never.
    return taken > 0 || plan.unverified > 0 ? somethingChanges : nobodyLeft
  })
  /** While all waits for the disk, nobody is missing. */
  const othersToTry = () => plan.unverified === 0 && (candidates.anyUntried || candidates.waiting)
  /** The end is far away, and somebody is to be had who may give more: one more place, until we know who gives most. */
  const oneBeside = () =>
    strategy === "race" &&
    members.areProven &&
    plan.left > members.rate * longToTheEnd &&
    candidates.anyBetterThan(members.rate)
  const free = () => members.wanted(links, strategy === "race" && othersToTry()) + (oneBeside() ? 1 : 0) - taken

  /** One place: filled by who was chosen, free again when it is lost. */
  const place = Effect.fnUntraced(function* (link: Link) {
    if (!candidates.isBanned(link.peer)) return yield* enlist(link, { incoming: false, interested: true })
    const { peer } = link
    const error = new Dismissed({ peer, seen: link.seen(), reason: "another was chosen" })
    yield* report({ _tag: "Rejected", peer, error })
  })
  const take = (link: Link, socket: Scope.Closeable) => {
    taken++
    runPlace(
      place(link).pipe(
        ever,
        Effect.onExit((exit) => Scope.close(socket, exit)),
        Effect.ensuring(
          Effect.sync(() => {
            taken--
            changed.openUnsafe()
            placeFree.openUnsafe()
          }),
        ),
      ),
    )
  }
  /** Open while a place may be free. */
  const vacancy = Latch.makeUnsafe(false)
  const freed = Effect.suspend(() => {
    if (free() <= 0) vacancy.closeUnsafe()
    return vacancy.await
  })
  /** Of those who have places something has come by now, or none of them is poor. */
  const settled: Effect.Effect<void> = Effect.suspend(() => {
    fills.closeUnsafe()
    const done = Effect.raceFirst(fills.await, Effect.sleep(reserveFor))
    return Effect.flatMap(done, () => (free() <= 0 ? Effect.void : settled))
  })
  const choose: Effect.Effect<void, NoSuitablePeer | NoPeers, Dialer> = choosePeers(candidates.stream, {
    ...probing,
    strategy,
    deadlines,
    places: { free, take, freed, settled },
    report: (event) => {
      if (event._tag === "Rejected") verdicts.judge(event.error)
      return report(event)
    },
    passedOver: (error) => report({ _tag: "Rejected", peer: error.peer, error }),
  }).pipe(
    Scope.provide(sockets),
    Effect.map(({ undecided }) => candidates.return(undecided)),
    Effect.catchTag("NoSuitablePeer", () => Effect.andThen(somebodyNew, choose)),
  )
  const choice = yield* FiberHandle.make()
  const fillPlaces = Effect.suspend(() => {
    if (free() <= 0) return Effect.void
    vacancy.openUnsafe()
    const choosing = choose.pipe(ever, Effect.ensuring(placeFree.open))
    return Effect.asVoid(FiberHandle.run(choice, choosing, { onlyIfMissing: true }))
  })
  const tooSlow = (): ReadonlyArray<Member> => {
    const patience = Duration.toMillis(deadlines.blockHurried)
    if (strategy === "race") {
      const outdone = members.outdone(links, patience, othersToTry())
      return outdone.length > 0 ? outdone : members.surplus(links)
    }
    return members.poorFor(patience).filter(({ drain }) => candidates.anyBetterThan(drain.rates.late))
  }
  const overlook = Effect.gen(function* () {
    yield* fillPlaces
    for (const member of tooSlow()) {
      const rate = Math.round(member.drain.rates.late)
      member.dismiss(new TooSlow({ ...member.about, rate }))
    }
    yield* Effect.raceFirst(Effect.sleep(overlookEvery), placeFree.await)
    yield* placeFree.close
  })
  return yield* Effect.forever(overlook)
})

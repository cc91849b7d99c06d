/**
 * Race and sequence: so many places, each filled by one peer that has everything that is missing; when it is lost the next one goes on. When nobody is left, the web seeds are asked.
 *
 * Invariant: one choice is made at a time, so while it pauses because nobody is left, no other place takes that for the end.
 */
import { Duration, Effect, FiberSet, Latch, type Scope, Semaphore } from "effect"
import type { DownloadEvent } from "../DownloadEvent.ts"
import type { Deadlines } from "../peer/Deadlines.ts"
import type { Dialer } from "../peer/Dialer.ts"
import { Dismissed, TooSlow } from "../peer/errors.ts"
import { type Choice, choosePeer, type ChooseOptions, type Choosing } from "../probe/choosePeer.ts"
import type { NoSuitablePeer } from "../probe/NoSuitablePeer.ts"
import type { NoPeers } from "../sources/NoPeers.ts"
import type { Member } from "./Member.ts"
import type { Swarm } from "./Swarm.ts"

export interface ChooseOnesOptions {
  readonly strategy: Choosing
  /** How many peers at once. */
  readonly links: number
  readonly deadlines: Deadlines
  readonly probing: Omit<ChooseOptions, "strategy" | "report" | "passedOver" | "deadlines">
  readonly report: (event: DownloadEvent) => Effect.Effect<void>
}

/** In seconds. Nobody waits so long without looking whether somebody else is faster. */
const longToTheEnd = 60

/** How often we look whether those who should give do. */
const overlookEvery = Duration.millis(500)

/** Never ends by itself; fails when there is nobody to wait for. */
export const chooseOnes = Effect.fnUntraced(function* (
  { candidates, changed, enlist, ever, members, plan, verdicts, webSeeds }: Swarm,
  { deadlines, links, probing, report, strategy }: ChooseOnesOptions,
): Effect.fn.Return<never, NoSuitablePeer | NoPeers, Dialer | Scope.Scope> {
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
  const nobodyLeft = Effect.catch(verdicts.nobodyLeft, (error) =>
    webSeeds.call() ? Effect.raceFirst(candidates.change, Effect.sleep(overlookEvery)) : Effect.fail(error),
  )
  /** Ends when a further choice makes sense. A peer that was lost while the last ones of this choice were still being dialled has come back too late for it. */
  const somebodyNew = Effect.suspend(() => {
    if (candidates.waiting) return Effect.void
    // What lies before the store may still say that somebody is to be tried again, or never.
    return taken > 0 || plan.unverified > 0 ? somethingChanges : nobodyLeft
  })
  const choose: Effect.Effect<Choice, NoSuitablePeer | NoPeers, Dialer | Scope.Scope> = choosePeer(candidates.stream, {
    ...probing,
    strategy,
    deadlines,
    report: (event) => {
      if (event._tag === "Rejected") verdicts.judge(event.error)
      return report(event)
    },
    passedOver: (error) => report({ _tag: "Rejected", peer: error.peer, error }),
  }).pipe(Effect.catchTag("NoSuitablePeer", () => Effect.andThen(somebodyNew, choose)))
  /** One place: filled by a choice, empty again when the link is lost. */
  const place = Effect.scoped(
    Effect.gen(function* () {
      const { link, undecided } = yield* Effect.uninterruptibleMask((restore) =>
        choosing.withPermit(Effect.tap(restore(choose), () => take)),
      )
      candidates.return(undecided)
      if (candidates.isBanned(link.peer)) {
        const { peer } = link
        const error = new Dismissed({ peer, seen: link.seen(), reason: "another was chosen" })
        return yield* report({ _tag: "Rejected", peer, error })
      }
      yield* enlist(link, { incoming: false, interested: true })
    }),
  )
  const places = yield* FiberSet.make()
  const placeFree = Latch.makeUnsafe(false)
  /** While all waits for the disk, nobody is missing. */
  const othersToTry = () => plan.unverified === 0 && (candidates.anyUntried || candidates.waiting)
  /** The end is far away, and somebody is to be had who may give more: one more place, until we know who gives most. */
  const oneBeside = () =>
    strategy === "race" &&
    members.areProven &&
    plan.left > members.rate * longToTheEnd &&
    candidates.anyBetterThan(members.rate)
  const wanted = () => members.wanted(links, strategy === "race" && othersToTry()) + (oneBeside() ? 1 : 0)
  const fillPlaces = Effect.gen(function* () {
    while ((yield* FiberSet.size(places)) < wanted()) {
      yield* place.pipe(ever, Effect.ensuring(Effect.andThen(changed.open, placeFree.open)), FiberSet.run(places))
    }
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

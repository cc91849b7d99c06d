/** Whom we serve, decided by the `Choker` every 10 s, and in between when a place is free. */
import { Duration, Effect, Random } from "effect"
import type { PiecePlan } from "../pieces/PiecePlan.ts"
import type { Account } from "./Account.ts"
import * as Choker from "./Choker.ts"
import type { Member } from "./Member.ts"
import type { Members } from "./Members.ts"
import type { Tenant } from "./Places.ts"

/** What every client counts in (BEP 3). */
const round = Duration.seconds(10)

export interface Rounds {
  /** Runs the rounds, for ever. */
  readonly run: Effect.Effect<never>
  /** Somebody has become interested, or is not any more, or has left: a place may be free. */
  readonly fill: (member: Member) => Effect.Effect<void>
}

export interface RoundsOptions {
  readonly members: Members
  readonly plan: PiecePlan
  readonly account: Account
  /** What it has of the places that all torrents share. */
  readonly tenant: Tenant
  /** Bytes a second that may be sent for this torrent, if it has a limit of its own. */
  readonly limit: number | undefined
  /** A stopwatch, in milliseconds. */
  readonly now: () => number
}

/** Whoever is served and takes nothing for so long, in milliseconds, keeps nobody else from the place. */
const mostIdle = 5000

/** How often that is looked at. */
const lookEvery = Duration.seconds(1)

/** What was given and taken by the last two rounds. */
interface Sums {
  readonly gave: number
  readonly took: number
  readonly before: Sums | undefined
}

export const make = ({ account, limit, members, now, plan, tenant }: RoundsOptions): Rounds => {
  let choker = Choker.initial<Member>()
  let sent = 0
  const sums = new WeakMap<Member, Sums>()

  /** Who is served, how much it had taken, and when that was last more. */
  const taking = new WeakMap<Member, { sent: number; at: number }>()
  const takesNothing = (member: Member): boolean => {
    const last = taking.get(member)
    if (last === undefined || !choker.unchoked.has(member)) return false
    if (member.serve.sent === last.sent) return now() - last.at >= mostIdle
    taking.set(member, { sent: member.serve.sent, at: now() })
    return false
  }

  const seconds = Duration.toSeconds(round)
  const applicants = (): ReadonlyArray<Choker.Applicant<Member>> =>
    Array.from(members, (member) => {
      const last = sums.get(member)
      const then = last?.before ?? last
      const over = seconds * (last?.before === undefined ? 1 : 2)
      return {
        peer: member,
        interested: member.terms.wants,
        excluded: takesNothing(member),
        gives: (member.drain.requests.bytes - (then?.gave ?? 0)) / over,
        takes: (member.serve.sent - (then?.took ?? 0)) / over,
      }
    })
  const settle = (after: Choker.Choker<Member>): Effect.Effect<void> => {
    const { choke, unchoke } = Choker.changes(choker, after)
    choker = after
    tenant.use(choker.unchoked.size)
    const changed = [...choke, ...unchoke]
    for (const member of choke) member.setServing(false)
    for (const member of unchoke) {
      taking.set(member, { sent: member.serve.sent, at: now() })
      member.setServing(true)
    }
    return Effect.forEach(changed, (member) => account.stood(member), { discard: true })
  }
  const decide = Effect.gen(function* () {
    const peers = applicants()
    const rate = (account.sent - sent) / seconds
    sent = account.sent
    const wanted = peers.filter(Choker.isEligible).length
    const places = tenant.round({ wanted, rate, full: Choker.isFull(choker, peers), limit }, now())
    const chance = yield* Random.next
    yield* settle(Choker.next(choker, { peers, places, seeding: plan.complete, chance }))
    for (const member of members) {
      const { before: _, ...last } = sums.get(member) ?? { gave: 0, took: 0, before: undefined }
      sums.set(member, {
        gave: member.drain.requests.bytes,
        took: member.serve.sent,
        before: { ...last, before: undefined },
      })
    }
  })
  const fill = Effect.suspend(() => {
    if (choker.unchoked.size === 0 && !members.anyWants) return Effect.void
    // Others may have left some, or taken some.
    choker = { ...choker, places: tenant.most() }
    return settle(Choker.fill(choker, applicants()))
  })
  // Where nobody is, there is nothing to decide.
  const look = Effect.andThen(Effect.andThen(Effect.sleep(lookEvery), members.company.await), fill)
  return {
    run: Effect.gen(function* () {
      for (let second = 0; ; second++) yield* second % seconds === 0 ? decide : look
    }),
    fill: (member) =>
      Effect.suspend(() => {
        // Of a thousand who come and go hardly anybody changes anything.
        const matters = choker.unchoked.has(member) || (member.terms.wants && choker.unchoked.size < tenant.most())
        return matters ? fill : Effect.void
      }),
  }
}

/** Where nobody is served. */
export const nobody: Rounds = { run: Effect.never, fill: () => Effect.void }

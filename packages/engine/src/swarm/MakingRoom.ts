/**
 * Who makes room for those who wait for a seat.
 *
 * Who can do nothing for us and wants nothing of us goes at once. Who may yet be of use, because it has something for us or wants something, goes at once only while hardly anybody gives; where
 * enough do, or we seed, they go one by one: in a full swarm all are alike, and to change them all the time would cost more than any of them could bring.
 *
 * Many clients unchoke by rounds of 10 s, others at once if ever. So while hardly anybody gives, and there are peers of whom we know nothing, those who choke us and have been here longest keep the time that a round
 * takes, and the other half is gone through quickly: a list that begins with a hundred who never unchoke does not hide the one who would.
 *
 * Invariants: nobody who gives, or whom we serve, goes, unless another torrent has fewer seats and waits; never more than wait, or are unknown; of those who choke us the half that has been here longest always has its time.
 */
import type { Member } from "./Member.ts"

/** Who has just come gets so long, in milliseconds, to show what it has. */
export const grace = 5000

/** Who has something and chokes us, so long. */
const graceParked = 15_000

/** And so long where it is one of the later half and somebody waits of whom we know nothing: who unchokes at once has done so by then. */
const graceHurried = 3000

/** Where so many let us ask, or more, we are served well enough. */
const enough = 4

/** Then the time between two of whom nothing worse can be said than that others wait, in milliseconds. */
const turnEvery = 10_000

/** Who has a seat: what counts of a member. */
export type Occupant = Pick<Member, "since"> & {
  readonly terms: Pick<Member["terms"], "serving" | "standing" | "useful" | "wants">
}

export interface Crowd<A extends Occupant> {
  readonly members: Iterable<A>
  /** How many wait for a seat. */
  readonly waiting: number
  /** How many are to go because of other torrents, which have fewer and wait. */
  readonly owed?: number
  /** Of how many, here or not, we do not know yet what they would give. */
  readonly unknown: number
  /** Whether there is nothing left that anybody could give us. */
  readonly seeding: boolean
  /** In milliseconds. */
  readonly now: number
}

export class MakingRoom {
  #turnedAt = -Infinity

  /** Those who are to go now. */
  leaving<A extends Occupant>(crowd: Crowd<A>): ReadonlyArray<A> {
    const { members, now, owed = 0 } = crowd
    const unasked = this.#forOurOwn(crowd)
    if (unasked.length >= owed) return unasked
    // Who is of least use goes; of those who give, who came last.
    const rest = [...members]
      .filter((one) => !unasked.includes(one))
      .toSorted((a, b) => worth(a, now) - worth(b, now) || b.since - a.since)
    return [...unasked, ...rest.slice(0, owed - unasked.length)]
  }

  #forOurOwn<A extends Occupant>({ members, now, seeding, unknown, waiting }: Crowd<A>): ReadonlyArray<A> {
    if (waiting === 0) return []
    const here = [...members]
    const worst = here
      .filter((one) => isIdle(one, now))
      .toSorted((a, b) => a.terms.useful - b.terms.useful || a.since - b.since)
    const suppliers = here.filter(({ terms }) => terms.standing === "supplying").length
    // Only one at a time stands at the door; behind it are all who have not been called.
    if (!seeding && suppliers < enough) {
      const hurried = laterHalf(here, now).slice(0, unknown)
      return [...new Set([...worst, ...hurried])].slice(0, Math.max(waiting, unknown))
    }
    const useless = worst.filter((one) => !mayBeOfUse(one)).slice(0, waiting)
    if (useless.length > 0 || now - this.#turnedAt < turnEvery) return useless
    if (worst.length > 0) this.#turnedAt = now
    return worst.slice(0, 1)
  }
}

const worth = (one: Occupant, now: number): number => {
  const { serving, standing, wants } = one.terms
  if (standing === "supplying") return 3
  return serving && wants ? 2 : isIdle(one, now) ? 0 : 1
}

const mayBeOfUse = ({ terms }: Occupant): boolean => terms.useful > 0 || terms.wants

/** Those who choke us, but for the half that has been here longest, and have had the time to do so at once. */
const laterHalf = <A extends Occupant>(here: ReadonlyArray<A>, now: number): ReadonlyArray<A> => {
  const parked = here.filter(({ terms }) => terms.standing === "parked").toSorted((a, b) => a.since - b.since)
  return parked.slice(Math.ceil(parked.length / 2)).filter((one) => !isServed(one) && now - one.since >= graceHurried)
}

const isServed = ({ terms }: Occupant): boolean => terms.serving && terms.wants

/** Whether it neither gives nor takes anything, and has had the time to. */
const isIdle = (one: Occupant, now: number): boolean => {
  const { since, terms } = one
  if (isServed(one)) return false
  switch (terms.standing) {
    case "supplying":
      return false
    case "parked":
      return now - since >= graceParked
    case "idle":
      return now - since >= grace
  }
}

/**
 * Who makes room for those who wait for a seat.
 *
 * Who can do nothing for us and wants nothing of us goes at once. Who may yet be of use, because it has something for us or wants something, goes at once only while hardly anybody gives; where
 * enough do, or we seed, they go one by one: in a full swarm all are alike, and to change them all the time would cost more than any of them could bring. Invariants: nobody who gives, or whom we serve, goes;
 * never more than wait.
 */
import type { Member } from "./Member.ts"

/** Who has just come gets so long, in milliseconds, to show what it has. */
export const grace = 5000

/** Who has something and chokes us, so long. */
const graceParked = 15_000

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
  /** Whether there is nothing left that anybody could give us. */
  readonly seeding: boolean
  /** In milliseconds. */
  readonly now: number
}

export class MakingRoom {
  #turnedAt = -Infinity

  /** Those who are to go now. */
  leaving<A extends Occupant>({ members, now, seeding, waiting }: Crowd<A>): ReadonlyArray<A> {
    const here = [...members]
    const worst = here
      .filter((one) => isIdle(one, now))
      .toSorted((a, b) => a.terms.useful - b.terms.useful || a.since - b.since)
    const suppliers = here.filter(({ terms }) => terms.standing === "supplying").length
    if (!seeding && suppliers < enough) return worst.slice(0, waiting)
    const useless = worst.filter((one) => !mayBeOfUse(one)).slice(0, waiting)
    if (useless.length > 0 || waiting === 0 || now - this.#turnedAt < turnEvery) return useless
    if (worst.length > 0) this.#turnedAt = now
    return worst.slice(0, 1)
  }
}

const mayBeOfUse = ({ terms }: Occupant): boolean => terms.useful > 0 || terms.wants

/** Whether it neither gives nor takes anything, and has had the time to. */
const isIdle = ({ since, terms }: Occupant, now: number): boolean => {
  if (terms.serving && terms.wants) return false
  switch (terms.standing) {
    case "supplying":
      return false
    case "parked":
      return now - since >= graceParked
    case "idle":
      return now - since >= grace
  }
}

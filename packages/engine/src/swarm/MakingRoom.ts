/**
 * Who makes room for those who wait for a seat.
 *
 * Who can do nothing for us and wants nothing of us goes at once. Who may yet be of use, because it has something for us or wants something, goes at once only while hardly anybody gives; where
 * enough do, or we seed, they go one by one: in a full swarm all are alike, and to change them all the time would cost more than any of them could bring. Invariants: nobody who gives, or whom we serve, goes,
 * unless another torrent has fewer and waits; never more than wait, here or there.
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
  /** How many are to go because of other torrents, which have fewer and wait. */
  readonly owed?: number
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

  #forOurOwn<A extends Occupant>({ members, now, seeding, waiting }: Crowd<A>): ReadonlyArray<A> {
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

const worth = (one: Occupant, now: number): number => {
  const { serving, standing, wants } = one.terms
  if (standing === "supplying") return 3
  return serving && wants ? 2 : isIdle(one, now) ? 0 : 1
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

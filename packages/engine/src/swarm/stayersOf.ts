/** Who keeps its place in a turn when a round is over, and who goes for those that wait. */

/** For so many rounds a slot is kept while others wait: a minute by those who take as fast as the others or faster, and half of one by the rest. */
const longestStay = 6
const shortestStay = 3

/** For how many rounds somebody has had its place in a turn, and whether it takes less than others. */
export interface Stay<A> {
  readonly applicant: A
  readonly age: number
  readonly slow: boolean
}

/**
 * Who keeps its place in a turn, the youngest first. Only so many can go in a round as wait; where the time of more than those ends at once, some go before it does, so that nobody stays too
 * long for want of a successor.
 */
export const stayersOf = <A>(inTurn: ReadonlyArray<Stay<A>>, waiting: number): ReadonlyArray<A> => {
  const oldest = inTurn.toSorted((a, b) => b.age - a.age)
  let leaving = 0
  for (const [nth, { age }] of oldest.entries()) {
    if (longestStay - age <= Math.floor(nth / waiting)) leaving = Math.min(waiting, nth + 1)
  }
  const mayGo = (stay: Stay<A>) => stay.slow && stay.age >= shortestStay && leaving++ < waiting
  return oldest
    .slice(leaving)
    .filter((stay) => !mayGo(stay))
    .map(({ applicant }) => applicant)
    .toReversed()
}

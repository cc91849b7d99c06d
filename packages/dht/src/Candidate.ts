/** Who may be asked in a lookup, and whose turn it is: those that are nearest on each of some ways that share no node. */
import type * as Endpoint from "./Endpoint.ts"
import type * as Id from "./Id.ts"

/** How many nodes answer for a target (BEP 5: k). */
export const k = 8
/** How many more bad names than good ones of a node are taken for bad luck. */
const badLuck = 3
/**
 * Ways to the target that share no node, and how near each has to come: who names its like alone ends the way on which it was met, and no other (S/Kademlia).
 */
export const paths = 2
const placesOfPath = 3

/** A node that may be asked. */
export interface Candidate {
  /** `undefined`: one of whom only the address is known. */
  id: Id.Id | undefined
  readonly endpoint: Endpoint.Endpoint
  /** Its id fits its address. */
  valid: boolean
  /** Hops from where we began. */
  readonly depth: number
  /** The way on which it was met first. */
  readonly path: number
  /** Who named it; none: we know it ourselves. */
  readonly informants: Array<Candidate>
  /** Of those that it named: how many answered, and how many did not or were somebody else. */
  goodNames: number
  badNames: number
  state: "new" | "asked" | "silent" | "answered" | "failed"
  tries: number
  askedAt: number
  token: string | undefined
}

/** Some whose nearest have all to answer before a lookup is over. */
export interface Circle {
  readonly isIn: (candidate: Candidate) => boolean
  readonly places: number
}

/** All that have to be filled. */
export const circles: ReadonlyArray<Circle> = [
  { isIn: () => true, places: k },
  { isIn: ({ valid }) => valid, places: k },
  ...Array.from({ length: paths }, (_, path) => ({
    isIn: (candidate: Candidate) => candidate.path === path,
    places: placesOfPath,
  })),
]

/** How many of them an answer is waited for from. */
export const waitedFor = (candidates: ReadonlyArray<Candidate>): number =>
  candidates.reduce((sum, { state }) => (state === "asked" ? sum + 1 : sum), 0)

/** Known to ourselves, or named by somebody who has not named too many that do not exist. */
export const isBelieved = ({ informants }: Candidate): boolean =>
  informants.length === 0 || informants.some(({ badNames, goodNames }) => badNames < goodNames + badLuck)

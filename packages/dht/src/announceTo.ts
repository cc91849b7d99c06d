/** `announce_peer` (BEP 5), said to those who gave a token for it. */
import type { Candidate } from "./Candidate.ts"
import type { Correspondence } from "./Correspondence.ts"
import type * as Krpc from "./Krpc.ts"

/** Milliseconds that an answer is waited for, and how often it is said. */
const patience = 4000
const mostTries = 3

/** Tells those of them who gave a token what `told` says; in the end how many took it. */
export const announceTo = (
  post: Correspondence,
  candidates: ReadonlyArray<Candidate>,
  told: Omit<Extract<Krpc.Question, { method: "announce_peer" }>, "method" | "token">,
  ended: (taken: number) => void,
  now: number,
): void => {
  const willing = candidates.filter(({ token }) => token !== undefined)
  let left = willing.length
  let taken = 0
  if (left === 0) return ended(0)
  const tell = (candidate: Candidate, tries: number, now: number) => {
    const question = { ...told, method: "announce_peer", token: candidate.token! } as const
    post.ask(candidate.endpoint, question, now, patience, (outcome, now) => {
      if (outcome === undefined && tries < mostTries) return tell(candidate, tries + 1, now)
      if (outcome?._tag === "Response") taken++
      if (--left === 0) ended(taken)
    })
  }
  for (const candidate of willing) tell(candidate, 1, now)
}

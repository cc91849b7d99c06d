/** What becomes of a web seed that has a problem. */
import type { WebProblem } from "../../sources/web/WebProblem.ts"

/** It is asked again later; it does not have that file; it is given up. */
export type Consequence = "later" | "without the file" | "left"

export const consequenceOf = (problem: WebProblem): Consequence => {
  switch (problem._tag) {
    case "HttpStatus":
      return ofStatus(problem.status)
    case "TimedOut":
    case "Unreachable":
    case "LookupFailed":
    case "CutShort":
    case "Stalled":
      return "later"
    case "WrongLength":
    case "IgnoresRange":
      return "without the file"
    default:
      return "left"
  }
}

const ofStatus = (status: number): Consequence => {
  // Too early, too many, too slow; whatever a server says of itself passes.
  if (status === 408 || status === 425 || status === 429 || status >= 500) return "later"
  return status >= 400 ? "without the file" : "left"
}

/** What is known of every peer of a swarm: a fold of a survey's events, in place, for there may be ten thousand of them. */
import { NetAddress } from "effect/net"
import type { ProbeError, SurveyEvent } from "unchoke"
import { byWorth, type Finding, verdictOf } from "./Finding.ts"
import * as Swarm from "./Swarm.ts"

export class Survey {
  readonly #findings = new Map<string, Finding>()

  /** Takes in an event. */
  see(event: SurveyEvent): void {
    switch (event._tag) {
      case "SourceAnswered":
        return
      case "Dialling":
        return this.#set({ peer: event.peer, state: "dialling", seen: undefined })
      case "Connected":
        return this.#set({ peer: event.peer, state: "connected", seen: undefined })
      case "Parked":
        return this.#set({ peer: event.peer, state: "parked", seen: event.seen })
      case "Rejected":
        return this.#set({ peer: event.peer, state: "rejected", seen: event.error.seen, error: event.error })
      case "Passed":
        return this.#set({ peer: event.peer, state: "passed", seen: event.seen })
    }
  }

  get size(): number {
    return this.#findings.size
  }

  /** How many would give us the file. */
  get passed(): number {
    return this.findings.filter(({ state }) => state === "passed").length
  }

  get rejections(): ReadonlyArray<ProbeError> {
    return this.findings.flatMap((finding) => (finding.state === "rejected" ? [finding.error] : []))
  }

  /** Everyone, the best first. */
  get findings(): ReadonlyArray<Finding> {
    return [...this.#findings.values()].toSorted(byWorth)
  }

  /** How many came to each verdict so far, those who would give us the file first. */
  get verdicts(): ReadonlyMap<string, number> {
    return Swarm.counted(this.findings.map(verdictOf))
  }

  #set(finding: Finding): void {
    this.#findings.set(NetAddress.formatInet(finding.peer), finding)
  }
}

/** "12 peers: 2 would give us the file, 4 timed out connecting". */
export const tally = (survey: Survey): string => `${Swarm.peers(survey.size)}: ${Swarm.inOrder(survey.verdicts)}`

/** What is going on, for a line that is rewritten. */
export const surveyLine = (survey: Survey): string =>
  survey.size === 0 ? "Looking for peers" : `Probing ${tally(survey)}`

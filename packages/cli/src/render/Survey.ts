/** What is known of every peer of a swarm: a fold of a survey's events, in place, for there may be ten thousand of them. */
import { NetAddress } from "effect/net"
import type { Encryption, ProbeError, SurveyEvent } from "@unchoke/engine"
import { byWorth, exists, type Finding, isEncrypted, isWillingPeer, keepsToItself, kindOf } from "./Finding.ts"
import { type Origin, Provenance } from "./Provenance.ts"
import * as Swarm from "./Swarm.ts"
import { grouped, somePieces } from "./text.ts"
import * as Units from "./units.ts"

export type Copies = Pick<
  Extract<SurveyEvent, { readonly _tag: "Copies" }>,
  "copies" | "lacking" | "pieces" | "stretches"
>

/** What a web seed answered. */
export type WebSeedFinding = Extract<SurveyEvent, { readonly _tag: "WebSeedPassed" | "WebSeedRejected" }>

export const isWilling = ({ _tag }: WebSeedFinding): boolean => _tag === "WebSeedPassed"

/** What became of the peers that a kind of source has named. */
export interface Worth {
  readonly from: Origin
  /** How many it has named. */
  readonly peers: number
  /** How many of them are there: their connection stood. */
  readonly exist: number
  /** How many would give us the file, or a part of it. */
  readonly give: number
}

export class Survey {
  readonly #findings = new Map<string, Finding>()
  readonly #provenance = new Provenance()
  #copies: Copies | undefined
  #isDescribed = true
  readonly #webSeeds = new Map<string, WebSeedFinding>()

  /** Takes in an event. */
  see(event: SurveyEvent): void {
    switch (event._tag) {
      case "SourceAnswered":
      case "Describing":
        return
      case "Described":
        this.#isDescribed = true
        return
      case "Named":
        return this.#provenance.add(event.origin, event.peers)
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
      case "Partial":
        return this.#set({ peer: event.peer, state: "partial", seen: event.seen })
      case "WebSeedPassed":
        return void this.#webSeeds.set(event.url, event)
      case "WebSeedRejected":
        return void this.#webSeeds.set(event.error.url, event)
      case "Copies":
        this.#copies = event
    }
  }

  /** It is one of a link: what that leads to has to be found out first. */
  awaitDescription(): void {
    this.#isDescribed = false
  }

  /** Whether it is known what the torrent is. */
  get isDescribed(): boolean {
    return this.#isDescribed
  }

  get size(): number {
    return this.#findings.size
  }

  /** Who has named a peer. */
  from(peer: NetAddress.InetAddress): ReadonlyArray<Origin> {
    return this.#provenance.of(peer)
  }

  /** What each kind of source was worth. A peer that several have named counts with each of them. */
  get worth(): ReadonlyArray<Worth> {
    const { findings } = this
    return this.#provenance.all.map((from) => {
      const named = findings.filter(({ peer }) => this.from(peer).includes(from))
      return {
        from,
        peers: this.#provenance.count(from),
        exist: named.filter(exists).length,
        give: named.filter(isWillingPeer).length,
      }
    })
  }

  /** The web seeds that have answered, those who would give us the file first. */
  get webSeeds(): ReadonlyArray<WebSeedFinding> {
    return [...this.#webSeeds.values()].toSorted((a, b) => Number(isWilling(b)) - Number(isWilling(a)))
  }

  /** How many would give us the file. */
  get passed(): number {
    return this.#count(({ state }) => state === "passed")
  }

  /** How many would give us a part. */
  get partial(): number {
    return this.#count(({ state }) => state === "partial")
  }

  /** How many we spoke to behind an encrypted handshake. */
  get encrypted(): number {
    return this.#count(isEncrypted)
  }

  /** How many said what they have. */
  get reached(): number {
    return this.#count(({ seen }) => seen?.have !== undefined)
  }

  /** How many copies those have between them, once that is known. */
  get copies(): Copies | undefined {
    return this.#copies
  }

  /**
   * Whether those who would give us something have all of it between them. Of everybody else who was reached we know how much it has and not what, so each may be the only one to have
   * the rarest piece of a copy.
   */
  get suffices(): boolean {
    if (this.passed > 0 || this.webSeeds.some(isWilling)) return true
    return this.partial > 0 && (this.#copies?.copies ?? 0) - this.#count(keepsToItself) >= 1
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
    return Swarm.counted(this.findings.map(kindOf))
  }

  #count(matches: (finding: Finding) => boolean): number {
    let amount = 0
    for (const finding of this.#findings.values()) if (matches(finding)) amount++
    return amount
  }

  #set(finding: Finding): void {
    this.#findings.set(NetAddress.formatInet(finding.peer), finding)
  }
}

/** "12 peers: 2 would give us the file, 4 timed out connecting". */
export const tally = (survey: Survey): string => `${Swarm.peers(survey.size)}: ${Swarm.inOrder(survey.verdicts)}`

/** How many want encryption: of those who answered plain words nobody was asked. Empty where it is we who want it, or nobody does. */
export const wanting = ({ encrypted }: Survey, policy: Encryption.Policy): string =>
  encrypted === 0 || policy === "require"
    ? ""
    : `${grouped(encrypted)} of them ${encrypted === 1 ? "wants" : "want"} nothing but encrypted connections.`

/** How many copies those who were reached have between them, and whether that is enough; empty where it is not known. */
export const supply = (survey: Survey, pieces: number): string => {
  const { copies: known, reached } = survey
  if (known === undefined || reached === 0) return ""
  const { copies, lacking } = known
  const who =
    reached === 1 ? "The one peer that was reached has" : `The ${grouped(reached)} peers that were reached have`
  const what = `${who} ${Units.copies(copies)}${reached === 1 ? "" : " between them"}`
  if (copies < 1) {
    return `${what}: ${somePieces(lacking, pieces, known.pieces)} with nobody.`
  }
  if (survey.suffices) return `${what}: enough to have all of it.`
  return `${what}, and those who would give us something perhaps not all of it.`
}

/** What is going on, for a line that is rewritten. */
export const surveyLine = (survey: Survey): string =>
  survey.size === 0 ? "Looking for peers" : `Probing ${tally(survey)}`

/** What a survey found, ready to be drawn: a row for each peer with the phases of its probe, and what there is to say of all of them. */
import { Duration } from "effect"
import { NetAddress } from "effect/net"
import { type Finding, kindOf, share, verdictOf } from "../render/Finding.ts"
import { supply, type Survey, tally, type WebSeedFinding, type Worth } from "../render/Survey.ts"
import * as Swarm from "../render/Swarm.ts"
import { barsOf } from "./bars.ts"
import type { Timeline } from "./Timeline.ts"

/** The torrent that it is about. */
export interface About {
  readonly name: string
  /** In hex. */
  readonly infoHash: string
  readonly bytes: number
  readonly pieces: number
}

/** What a probe does one after the other; in `seat` the peer waits for us. */
export const phases = ["connect", "seat", "handshake", "pieces", "unchoke"] as const
export type Phase = (typeof phases)[number]

/** A phase of a probe, in milliseconds since the survey began. */
export interface Bar {
  readonly phase: Phase
  readonly from: number
  readonly to: number
}

/** Whether a peer would give us all, a part, or nothing; or its probe was not over. */
export type Outcome = "all" | "part" | "nothing" | "open"

export interface Row {
  readonly peer: string
  readonly from: ReadonlyArray<string>
  readonly client: string
  /** "37 %"; empty where it did not say. */
  readonly has: string
  readonly have: number | undefined
  readonly bars: ReadonlyArray<Bar>
  /** When its probe was over, or the survey. */
  readonly end: number
  /** How long it took to unchoke us. */
  readonly unchoke: number | undefined
  readonly outcome: Outcome
  readonly verdict: string
  /** The verdict without numbers. */
  readonly kind: string
}

/** How many of the peers came to the same, or are the same. */
export interface Count {
  readonly what: string
  readonly peers: number
  /** How many of them would give us something. */
  readonly give: number
}

export interface Report {
  readonly about: About
  /** What whoever looks at it should know of how it came about, in sentences. */
  readonly notes: ReadonlyArray<string>
  /** How long the survey took, in milliseconds. */
  readonly took: number
  readonly rows: ReadonlyArray<Row>
  /** "18 peers: 3 would give us the file, …". */
  readonly tally: string
  /** How many copies those who were reached have between them. */
  readonly supply: string
  /** The fewest copies of a piece in each stretch of the torrent; empty where nobody was reached. */
  readonly stretches: ReadonlyArray<number>
  readonly verdicts: ReadonlyArray<Count>
  readonly clients: ReadonlyArray<Count>
  readonly sources: ReadonlyArray<Worth>
  readonly webSeeds: ReadonlyArray<WebSeedFinding>
}

export const reportOf = (
  about: About,
  survey: Survey,
  timeline: Timeline,
  notes: ReadonlyArray<string> = [],
): Report => {
  const rows = survey.findings.map((finding) => rowOf(about, survey, finding, timeline))
  return {
    about,
    notes,
    took: timeline.took,
    rows,
    tally: survey.size === 0 ? "Nobody was called." : `${tally(survey)}.`,
    supply: supply(survey, about.pieces),
    stretches: survey.reached === 0 ? [] : (survey.copies?.stretches ?? []),
    verdicts: counts(rows, ({ kind }) => kind),
    clients: counts(rows, ({ client }) => client.replace(/[\s/][\d.].*$/, "")).filter(({ what }) => what !== ""),
    sources: survey.worth,
    webSeeds: survey.webSeeds,
  }
}

const rowOf = (about: About, survey: Survey, finding: Finding, timeline: Timeline): Row => {
  const { peer, seen } = finding
  const times = timeline.of(peer)
  const end = times.ended ?? timeline.took
  const bars = barsOf(finding, times, end)
  const took = seen?.unchoke === undefined ? undefined : Duration.toMillis(seen.unchoke)
  return {
    peer: NetAddress.formatInet(peer),
    from: survey.from(peer),
    client: seen?.client ?? "",
    have: seen?.have,
    has: seen?.have === undefined ? "" : share(seen.have, about.pieces),
    bars,
    end: Math.max(end, bars.at(-1)!.to),
    unchoke: took,
    outcome: outcomeOf(finding),
    verdict: verdictOf(finding, about.pieces),
    kind: kindOf(finding),
  }
}

const outcomeOf = ({ state }: Finding): Outcome => {
  switch (state) {
    case "passed":
      return "all"
    case "partial":
      return "part"
    case "rejected":
      return "nothing"
    default:
      return "open"
  }
}

/** The most frequent first. */
const counts = (rows: ReadonlyArray<Row>, what: (row: Row) => string): ReadonlyArray<Count> => {
  const gives = Swarm.counted(rows.filter(({ outcome }) => outcome === "all" || outcome === "part").map(what))
  return [...Swarm.counted(rows.map(what))]
    .map(([name, peers]) => ({ what: name, peers, give: gives.get(name) ?? 0 }))
    .toSorted((a, b) => b.peers - a.peers)
}

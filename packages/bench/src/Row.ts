/** A client in a scenario: its runs in a few numbers. Rows are what tables, charts and targets are made from. */
import type { Contender, Results, Sample } from "./Results.ts"
import { median, type Spread, spread } from "./statistics.ts"

export interface Row {
  readonly client: Contender
  readonly runs: number
  /** How many of the runs ended with everything there. */
  readonly complete: number
  /** How the others ended. */
  readonly faults: ReadonlyArray<Sample["outcome"]>
  /** Seconds; a run that did not complete counts as endless. */
  readonly wall: Spread
  /** Seconds; `undefined` where a peer never was asked for a block. */
  readonly firstRequest: number | undefined
  /** Seconds. */
  readonly cpu: number
  /** Bytes. */
  readonly peak: number
  readonly anonymous: number
  /** Bytes that the peers sent, by the size; `undefined` where they were not counted. */
  readonly copies: number | undefined
  /** Part of a core that silent links take, and bytes for each of them; `undefined` where there were none. */
  readonly core: number | undefined
  readonly each: number | undefined
  /** Its median time in ours; `undefined` where we did not take part. */
  readonly ratio: number | undefined
}

/** The quickest first; references after the clients. */
export const rows = (results: Results): ReadonlyArray<Row> => {
  const samplesOf = (name: string) => results.samples.filter(({ client }) => client === name)
  const wallOf = (samples: ReadonlyArray<Sample>) =>
    spread(samples.map(({ outcome, wall }) => (outcome === "complete" ? wall : Infinity)))
  const ours = samplesOf("unchoke")
  const unit = ours.length === 0 ? undefined : wallOf(ours).median
  return results.contenders
    .map((client): Row => {
      const samples = samplesOf(client.name)
      const asked = samples.flatMap(({ firstRequest }) => (firstRequest === null ? [] : [firstRequest]))
      const sent = samples.flatMap(({ sent }) => (sent === undefined ? [] : [sent]))
      const wall = wallOf(samples)
      return {
        client,
        runs: samples.length,
        complete: samples.filter(({ outcome }) => outcome === "complete").length,
        faults: samples.map(({ outcome }) => outcome).filter((outcome) => outcome !== "complete"),
        wall,
        firstRequest: medianOf(asked),
        cpu: median(samples.map(({ cpu }) => cpu)),
        peak: median(samples.map(({ peak }) => peak)),
        anonymous: median(samples.map(({ anonymous }) => anonymous)),
        copies: sent.length === 0 || results.bytes === 0 ? undefined : median(sent) / results.bytes,
        core: medianOf(samples.flatMap(({ core }) => core ?? [])),
        each: medianOf(samples.flatMap(({ each }) => each ?? [])),
        ratio: unit === undefined ? undefined : wall.median / unit,
      }
    })
    .filter(({ runs }) => runs > 0)
    .toSorted((a, b) => Number(a.client.reference) - Number(b.client.reference) || order(a.wall.median, b.wall.median))
}

const medianOf = (values: ReadonlyArray<number>) => (values.length === 0 ? undefined : median(values))

/** Two endless times are equal. */
const order = (a: number, b: number) => (a === b ? 0 : a - b)

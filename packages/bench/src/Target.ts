/** What we want of a scenario, said so that the numbers can answer. */
import { GiB, KiB, MiB } from "./Shape.ts"
import type { Row } from "./Row.ts"

export interface Verdict {
  /** What was wanted and what it came to. */
  readonly text: string
  readonly met: boolean
}

/** `undefined` where those whom it is about did not take part. */
export type Target = (rows: ReadonlyArray<Row>, bytes: number) => Verdict | undefined

/** Our median time is at most that of the fastest of the others, divided by the factor. */
export const fasterThan =
  (others: "all" | ReadonlyArray<string>, factor: number): Target =>
  (rows) => {
    const ours = row(rows, "unchoke")
    const rivals = rows.filter(({ client }) => isRival(client.name, client.reference, others))
    const best = rivals.toSorted((a, b) => a.wall.median - b.wall.median)[0]
    if (ours === undefined || best === undefined) return undefined
    const ratio = best.wall.median / ours.wall.median
    const whom = others === "all" ? "the fastest other" : `the faster of ${others.join(" and ")}`
    const wanted = factor === 1 ? `no slower than ${whom}` : `at least ${factor} × faster than ${whom}`
    return { text: `${wanted} (${best.client.title}): ${ratio.toFixed(2)} ×`, met: ratio >= factor }
  }

/** Our median time is at most that of another row and some seconds more. */
export const atMost =
  (other: string, { seconds }: { readonly seconds: number }): Target =>
  (rows) => {
    const ours = row(rows, "unchoke")
    const mark = row(rows, other)
    if (ours === undefined || mark === undefined) return undefined
    const more = ours.wall.median - mark.wall.median
    return {
      text: `at most ${milliseconds(seconds)} more than "${mark.client.title}": ${milliseconds(more)}`,
      met: more <= seconds,
    }
  }

export const inSeconds =
  (seconds: number): Target =>
  (rows) => {
    const ours = row(rows, "unchoke")
    if (ours === undefined) return undefined
    return {
      text: `at most ${milliseconds(seconds)}: ${milliseconds(ours.wall.median)}`,
      met: ours.wall.median <= seconds,
    }
  }

/** Another row is at least so many times as fast as ours: what it does beyond ours costs no more. */
export const keepsPace =
  (other: string, share: number): Target =>
  (rows) => {
    const ours = row(rows, "unchoke")
    const mark = row(rows, other)
    if (ours === undefined || mark === undefined) return undefined
    const pace = ours.wall.median / mark.wall.median
    return { text: `"${mark.client.title}" at least ${share} × as fast: ${pace.toFixed(2)} ×`, met: pace >= share }
  }

/** Our median time is at most so many times what all peers together could do at their limits. */
export const ofTheLimit =
  (bytesPerSecond: number, factor: number): Target =>
  (rows, bytes) => {
    const ours = row(rows, "unchoke")
    if (ours === undefined) return undefined
    const used = (ours.wall.median * bytesPerSecond) / bytes
    return { text: `at most ${factor} × size ÷ sum of rates: ${used.toFixed(3)} ×`, met: used <= factor }
  }

/** The peers send us at most so many times the size. */
export const copies =
  (most: number): Target =>
  (rows) => {
    const ours = row(rows, "unchoke")?.copies
    if (ours === undefined) return undefined
    return { text: `at most ${most} × the size sent: ${ours.toFixed(3)} ×`, met: ours <= most }
  }

/** CPU seconds for a GiB. */
export const cpuPerGiB =
  (seconds: number): Target =>
  (rows, bytes) => {
    const ours = row(rows, "unchoke")
    if (ours === undefined) return undefined
    const used = (ours.cpu * GiB) / bytes
    return { text: `at most ${seconds} CPU-s per GiB: ${used.toFixed(2)}`, met: used <= seconds }
  }

/** A row is at least so many times as fast as another. */
export const reaches =
  (one: string, other: string, share: number): Target =>
  (rows) => {
    const runner = row(rows, one)
    const mark = row(rows, other)
    if (runner === undefined || mark === undefined) return undefined
    const reached = mark.wall.median / runner.wall.median
    const names = `"${runner.client.title}" at least ${share} × as fast as "${mark.client.title}"`
    return { text: `${names}: ${reached.toFixed(2)} ×`, met: reached >= share }
  }

/** A row takes at most so much more processor time than another, and as much more time. */
export const costs =
  (one: string, other: string, share: number): Target =>
  (rows) => {
    const looked = row(rows, one)
    const mark = row(rows, other)
    if (looked === undefined || mark === undefined) return undefined
    const [cpu, wall] = [looked.cpu / mark.cpu, looked.wall.median / mark.wall.median]
    const names = `"${looked.client.title}" at most ${1 + share} × of "${mark.client.title}"`
    return {
      text: `${names}: ${cpu.toFixed(3)} × the CPU-s, ${wall.toFixed(3)} × the time`,
      met: cpu <= 1 + share && wall <= 1 + share,
    }
  }

/** Of a core, for all links that are silent. */
export const idleCore =
  (share: number): Target =>
  (rows) => {
    const used = row(rows, "unchoke")?.core
    if (used === undefined) return undefined
    return { text: `less than ${share * 100} % of a core: ${(used * 100).toFixed(2)} %`, met: used < share }
  }

/** KiB for each link that is silent. */
export const idleMemory =
  (kibibytes: number): Target =>
  (rows) => {
    const each = row(rows, "unchoke")?.each
    if (each === undefined) return undefined
    return {
      text: `at most ${kibibytes} KiB for each link: ${(each / KiB).toFixed(1)} KiB`,
      met: each <= kibibytes * KiB,
    }
  }

/** MiB of resident memory. */
export const memory =
  (mebibytes: number): Target =>
  (rows) => {
    const ours = row(rows, "unchoke")
    if (ours === undefined) return undefined
    return {
      text: `at most ${mebibytes} MiB of memory: ${(ours.peak / MiB).toFixed(0)} MiB`,
      met: ours.peak <= mebibytes * MiB,
    }
  }

const row = (rows: ReadonlyArray<Row>, name: string) => rows.find(({ client }) => client.name === name)

const isRival = (name: string, reference: boolean, others: "all" | ReadonlyArray<string>) =>
  others === "all" ? name !== "unchoke" && !reference : others.includes(name)

const milliseconds = (seconds: number) => `${(seconds * 1000).toFixed(0)} ms`

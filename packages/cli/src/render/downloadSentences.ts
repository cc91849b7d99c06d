/** How a download or a seed begins and ends, in a sentence each. */
import { Duration } from "effect"
import { NoSuitablePeer, type SeedGoal, type Torrent } from "@unchoke/engine"
import * as DownloadProgress from "./DownloadProgress.ts"
import { NobodyLeft } from "../NobodyLeft.ts"
import { goneGivers } from "./goneGivers.ts"
import * as Peers from "./Peers.ts"
import { part, ratio } from "./progressWords.ts"
import type { Style } from "./style.ts"
import * as Swarm from "./Swarm.ts"
import { count, grouped, safe } from "./text.ts"
import * as Units from "./units.ts"

type Progress = DownloadProgress.DownloadProgress

/** Before anything happens. */
export const beginning = (torrent: Torrent, folder: string, style: Style): string =>
  `Downloading ${subject(torrent, style)} into ${safe(folder)}`

export const seedBeginning = (torrent: Torrent, folder: string, style: Style): string =>
  `Seeding ${subject(torrent, style)} from ${safe(folder)}`

const subject = ({ geometry, name }: Torrent, style: Style): string =>
  `${style.bold(safe(name))} (${Units.bytes(geometry.length)} in ${count(geometry.pieces, "piece")})`

/** When serving begins: what ends it. */
export const seedingNow = ({ ratio, time }: SeedGoal): string => {
  const goals = [
    ...(ratio === undefined ? [] : [`until the ratio is ${ratio}`]),
    ...(time === undefined ? [] : [`for ${Units.round(Duration.toMillis(time))}`]),
  ]
  if (goals.length === 0) return "Seeding now: Ctrl-C ends it."
  const first = goals.length > 1 ? ", whichever comes first" : ""
  return `Seeding now ${goals.join(" or ")}${first}; Ctrl-C ends it before.`
}

export interface Ending {
  readonly progress: Progress
  /** Where the torrent's file or folder is. */
  readonly path: string
  /** How long all of it took, from the start, in milliseconds. */
  readonly took: number
}

/** The last sentence of a download that is complete. */
export const ending = ({ path, progress, took }: Ending, style: Style): string => {
  const { bytesBefore, peers, present, wanted, webSeedsServed } = progress
  const where = style.bold(safe(path))
  const { files } = wanted
  const what = files === undefined ? `${where} is` : `${count(files, "file")} of ${where} ${files === 1 ? "is" : "are"}`
  const fetched = progress.length - DownloadProgress.ofFiles(progress, bytesBefore)
  if (wanted.bytes === bytesBefore)
    return `${what} complete: all ${Units.bytes(progress.length)} were there and are right.`
  const amount = present === 0 ? Units.bytes(fetched) : `the missing ${Units.bytes(fetched)}`
  const pace = Units.rate((fetched * 1000) / Math.max(1, took))
  const gave = progress.given === 0 ? "" : `; ${given(progress)}`
  return `${style.green("Done.")} ${what} complete: ${amount} in ${Units.span(took)}, ${pace}${from([...Peers.whoGave(peers), ...[...webSeedsServed].map(safe)])}${gave}.${lossesInAll(progress)}`
}

/** The last sentence of a seed that has reached its goal. */
export const seedEnding = ({ path, progress, took }: Ending, style: Style): string =>
  `${style.green("Seeded")} ${style.bold(safe(path))} for ${Units.span(took)}: ${given(progress)}.`

/** When it was stopped before the end. `seeded` is for how long it has served what is there, in milliseconds. */
export const stopped = (progress: Progress, seeded: number): string => {
  if (DownloadProgress.isSeeding(progress)) return `Stopped seeding after ${Units.span(seeded)}: ${given(progress)}.`
  const verified = `${part(progress, progress.bytes)} verified`
  const gave = progress.given === 0 ? "" : ` and ${given(progress)}`
  if (progress.task.strategy === undefined) return "Stopped before anything was served."
  return progress.checked < progress.geometry.pieces
    ? "Stopped before all that is there was looked at; the same command goes on from there."
    : `Stopped with ${verified}${gave}; the same command goes on from there.${lossesInAll(progress)}`
}

/** What becomes of an error that says that nobody would give us anything, where somebody has: it says who, and what is missing. */
export const nobodyLeft = <E extends { readonly _tag: string }>(
  error: E,
  progress: Progress | undefined,
  folder: string,
): E | NobodyLeft => {
  if (!(error instanceof NoSuitablePeer) || progress === undefined) return error
  const { others, sentences } = goneGivers(progress.peers, error.rejections)
  if (sentences.length === 0) return error
  const { bytes, stored, wanted } = progress
  return new NobodyLeft({
    missing: wanted.pieces - stored,
    pieces: wanted.pieces,
    gone: sentences,
    kept: `${part(progress, bytes)} are verified, and stay in ${folder}`,
    others: new NoSuitablePeer({ ...error, rejections: others }),
  })
}

/** "912 KiB given (ratio 1.50)". */
const given = (progress: Progress): string =>
  progress.given === 0 ? "nothing was asked for" : `${Units.bytes(progress.given)} given (${ratio(progress)})`

/** Of those that nothing more was said of. */
const lossesInAll = ({ peers }: Progress): string => {
  const habitual = [...peers.losses.values()].filter(({ times }) => times > Peers.habit)
  if (habitual.length === 0) return ""
  const times = habitual.reduce((sum, { times }) => sum + times, 0)
  const who = habitual.length === 1 ? `${habitual[0]!.who} was` : `${Swarm.peers(habitual.length)} were`
  return ` ${who} lost ${grouped(times)} times${habitual.length === 1 ? "" : " in all"}.`
}

/** So many peers are named; more are counted. */
const mostNamed = 3

const from = (givers: ReadonlyArray<string>): string => {
  if (givers.length === 0) return ""
  const named = givers.slice(0, mostNamed)
  const rest = givers.length - named.length
  return `, from ${[...named, ...(rest > 0 ? [`${rest} more`] : [])].join(", ")}`
}

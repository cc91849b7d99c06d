/** What is worth a line of its own in the course of a download. */
import { Duration } from "effect"
import type { Asked, DownloadEvent, Torrent } from "unchoke"
import * as DownloadProgress from "./DownloadProgress.ts"
import * as Swarm from "./Swarm.ts"
import type { Style } from "./style.ts"
import { count, grouped, safe } from "./text.ts"
import * as Units from "./units.ts"

/** Before anything happens. */
export const beginning = ({ geometry, name }: Torrent, folder: string, style: Style): string =>
  `Downloading ${style.bold(safe(name))} (${Units.bytes(geometry.length)} in ${count(geometry.pieces, "piece")}) into ${safe(folder)}`

/** The lines that an event is worth; `before` is the progress without it. */
export const downloadNotes = (
  event: DownloadEvent,
  before: DownloadProgress.DownloadProgress,
  style: Style,
): ReadonlyArray<string> => {
  switch (event._tag) {
    case "Checking": {
      const { bytes, checked, pieces, present } = event
      if (checked < pieces || present === 0 || present === pieces) return []
      return [`${Units.bytesOf(bytes, before.geometry.length)} are there already.`]
    }
    case "SourceAnswered":
      return answered(event.asked, event.fresh, style)
    case "Joined": {
      if (DownloadProgress.isHabitual(before, event.peer)) return []
      const rejected = Swarm.rejections(Swarm.since(before.swarm, before.swarmBefore))
      const who = style.green(DownloadProgress.whoIs(event.peer, event.seen))
      return [`Downloading from ${who}${rejected === "" ? "" : `; ${rejected}`}`]
    }
    case "Left": {
      const harmless = DownloadProgress.isHarmless(event)
      if (harmless && DownloadProgress.isHabitual(before, event.peer)) return []
      const again = harmless && DownloadProgress.lossesOf(before, event.peer) === DownloadProgress.habit - 1
      return [`${style.yellow("Lost")} ${safe(event.error.message)}.${again ? habitual : ""}`]
    }
    case "Condemned":
      return [`${style.yellow("Banned")} ${safe(event.error.message)}, as it turned out; it is not asked again.`]
    case "OutOfReach":
      return [
        `${style.yellow("Waiting")} for ${count(event.peers, "peer")} that cannot be reached now: again in ${Units.wait(Duration.toMillis(event.pause))}.`,
      ]
    case "PieceCorrupt":
      return [`${style.yellow("Corrupt")} piece ${event.piece}: thrown away, it will be fetched again.`]
    case "LinkLeftOut":
      return [`${style.yellow("Left out")} the link ${safe(event.path)}: ${event.why}.`]
    default:
      return []
  }
}

const habitual = " For the third time: it is called again each time, and no more is said of that."

/** What a source of peers said. Nothing about peers that came with the command, unless they could not be found. */
export const answered = ({ answer, source }: Asked, fresh: number, style: Style): ReadonlyArray<string> => {
  const who = safe(source)
  if ("error" in answer) return [`${style.yellow("No peers")} from ${who}: ${safe(answer.error)}`]
  if (source.startsWith("--peer")) return []
  const known = fresh === answer.peers ? "" : `, ${fresh} of them new`
  const withheld =
    answer.withheld === undefined ? "" : `; ${grouped(answer.withheld)} more in our own network are not called`
  return [`${who} names ${Swarm.peers(answer.peers)}${known}${withheld}`]
}

export interface Ending {
  readonly progress: DownloadProgress.DownloadProgress
  /** Where the torrent's file or folder is. */
  readonly path: string
  /** How long all of it took, from the start, in milliseconds. */
  readonly took: number
}

/** The last sentence of a download that is complete. */
export const ending = ({ path, progress, took }: Ending, style: Style): string => {
  const { began, bytesBefore, geometry, present, served } = progress
  const where = style.bold(safe(path))
  if (began === undefined) return `${where} is complete: all ${Units.bytes(geometry.length)} were there and are right.`
  const fetched = geometry.length - bytesBefore
  const amount = present === 0 ? Units.bytes(fetched) : `the missing ${Units.bytes(fetched)}`
  return `${style.green("Done.")} ${where} is complete: ${amount} in ${Units.span(took)}, ${Units.rate((fetched * 1000) / Math.max(1, took))}${from([...served.values()])}.${lossesInAll(progress)}`
}

/** When it was stopped before the end. */
export const stopped = (progress: DownloadProgress.DownloadProgress): string =>
  `Stopped with ${Units.bytesOf(progress.bytes, progress.geometry.length)} verified; the same command goes on from there.${lossesInAll(progress)}`

/** Of those that nothing more was said of. */
const lossesInAll = ({ losses }: DownloadProgress.DownloadProgress): string => {
  const habitual = [...losses.values()].filter(({ times }) => times > DownloadProgress.habit)
  if (habitual.length === 0) return ""
  const times = habitual.reduce((sum, { times }) => sum + times, 0)
  const who = habitual.length === 1 ? `${habitual[0]!.who} was` : `${Swarm.peers(habitual.length)} were`
  return ` ${who} lost ${grouped(times)} times${habitual.length === 1 ? "" : " in all"}.`
}

/** So many peers are named; more are counted. */
const mostNamed = 3

const from = (served: ReadonlyArray<string>): string => {
  if (served.length === 0) return ""
  const named = served.slice(0, mostNamed)
  const rest = served.length - named.length
  return `, from ${[...named, ...(rest > 0 ? [`${rest} more`] : [])].join(", ")}`
}

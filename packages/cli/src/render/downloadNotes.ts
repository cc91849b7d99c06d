/** What is worth a line of its own in the course of a download. */
import { Duration } from "effect"
import type { Asked, DownloadEvent, Torrent } from "unchoke"
import * as DownloadProgress from "./DownloadProgress.ts"
import * as Swarm from "./Swarm.ts"
import type { Style } from "./style.ts"
import { count, safe } from "./text.ts"
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
      const { checked, pieces, present } = event
      if (checked < pieces || present === 0 || present === pieces) return []
      const { length } = before.geometry
      const there = DownloadProgress.bytesOf(before, present)
      return [`${Units.bytesAtLeast(there)} of ${Units.bytes(length)} are there already.`]
    }
    case "SourceAnswered":
      return answered(event.asked, event.fresh, style)
    case "LinkOpened": {
      const rejected = Swarm.rejections(Swarm.since(before.swarm, before.swarmBefore))
      const who = style.green(DownloadProgress.whoIs(event.peer, event.seen))
      return [`Downloading from ${who}${rejected === "" ? "" : `; ${rejected}`}`]
    }
    case "LinkLost":
      return [`${style.yellow("Lost")} ${safe(event.error.message)}; the next peer goes on.`]
    case "OutOfReach":
      return [
        `${style.yellow("Waiting")} for ${count(event.peers, "peer")} that cannot be reached now: again in ${Duration.format(event.pause)}.`,
      ]
    case "PieceCorrupt":
      return [`${style.yellow("Corrupt")} piece ${event.piece}: thrown away, it will be fetched again.`]
    case "LinkLeftOut":
      return [`${style.yellow("Left out")} the link ${safe(event.path)}: ${event.why}.`]
    default:
      return []
  }
}

/** What a source of peers said. Nothing about those that came with the command. */
export const answered = ({ answer, source }: Asked, fresh: number, style: Style): ReadonlyArray<string> => {
  if (source === "--peer") return []
  const tracker = safe(source)
  if ("error" in answer) return [`${style.yellow("No peers")} from ${tracker}: ${safe(answer.error)}`]
  const known = fresh === answer.peers ? "" : `, ${fresh} of them new`
  return [`${tracker} names ${Swarm.peers(answer.peers)}${known}`]
}

export interface Ending {
  readonly progress: DownloadProgress.DownloadProgress
  /** Where the torrent's file or folder is. */
  readonly path: string
  /** The clock in milliseconds. */
  readonly now: number
}

/** The last sentence of a download that is complete. */
export const ending = ({ now, path, progress }: Ending, style: Style): string => {
  const { began, geometry, present, served } = progress
  const where = style.bold(safe(path))
  if (began === undefined) return `${where} is complete: all ${Units.bytes(geometry.length)} were there and are right.`
  const fetched = Math.max(0, geometry.length - DownloadProgress.bytesOf(progress, present))
  const took = Math.max(1, now - began)
  const amount = present === 0 ? Units.bytes(fetched) : `the missing ${Units.bytes(fetched)}`
  return `${style.green("Done.")} ${where} is complete: ${amount} in ${Units.span(took)}, ${Units.rate((fetched * 1000) / took)}${from([...served.values()])}.`
}

/** When it was stopped before the end. */
export const stopped = (progress: DownloadProgress.DownloadProgress): string => {
  const there = Units.bytesAtLeast(DownloadProgress.bytesOf(progress, progress.stored))
  return `Stopped with ${there} of ${Units.bytes(progress.geometry.length)} verified; the same command goes on from there.`
}

/** So many peers are named; more are counted. */
const mostNamed = 3

const from = (served: ReadonlyArray<string>): string => {
  if (served.length === 0) return ""
  const named = served.slice(0, mostNamed)
  const rest = served.length - named.length
  return `, from ${[...named, ...(rest > 0 ? [`${rest} more`] : [])].join(", ")}`
}

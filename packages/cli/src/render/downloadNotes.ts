/** What is worth a line of its own in the course of a download or a seed. In a swarm, where many come and go, nobody's coming and going is. */
import { Duration } from "effect"
import { type Asked, type DownloadEvent, tally } from "@unchoke/engine"
import * as DownloadProgress from "./DownloadProgress.ts"
import { goneGivers } from "./goneGivers.ts"
import * as Peers from "./Peers.ts"
import { part } from "./progressWords.ts"
import * as Swarm from "./Swarm.ts"
import type { Style } from "./style.ts"
import { count, grouped, safe, somePieces } from "./text.ts"
import * as Units from "./units.ts"

type Progress = DownloadProgress.DownloadProgress
type EventOf<Tag> = Extract<DownloadEvent, { readonly _tag: Tag }>

/** The lines that an event is worth; `before` is the progress without it. */
export const downloadNotes = (event: DownloadEvent, before: Progress, style: Style): ReadonlyArray<string> => {
  switch (event._tag) {
    case "Checking":
      return found(event, before)
    case "Chosen":
      return [`${count(event.files, "file")} of ${grouped(event.of)} chosen: ${Units.bytes(event.length)}`]
    case "SourceAnswered":
      return answered(event.asked, event.fresh, style)
    case "NotListening":
      return notListening(event, style)
    case "Joined":
      return DownloadProgress.isSwarm(before) ? [] : joined(event, before, style)
    case "Left":
      return DownloadProgress.isSwarm(before) ? banned(event, style) : lost(event, before, style)
    case "Condemned":
      return [`${style.yellow("Banned")} ${safe(event.error.message)}, as it turned out; it is not asked again.`]
    case "WebSeedJoined":
      return [
        `Downloading from the web seed ${style.green(safe(event.url))}${event.ranges ? "" : ", which sends files only from their beginning"}`,
      ]
    case "WebSeedLacks":
      return [`${style.yellow("Not there")}: ${safe(event.path)} at the web seed ${safe(event.error.message)}.`]
    case "WebSeedPaused":
      return paused(event, before, style)
    case "WebSeedLeft":
      return [`${style.yellow("Lost")} the web seed ${safe(event.error.message)}; it is not asked again.`]
    case "OutOfReach":
      return [
        `${style.yellow("Waiting")} for ${count(event.peers, "peer")} that cannot be reached now: again in ${Units.wait(Duration.toMillis(event.pause))}.`,
      ]
    case "Waiting":
      return event.lacking === before.lacking ? [] : [waiting(event, before, style)]
    case "PieceLost":
      return before.gone.has(event.error.path) ? [] : gone(event, before.gone.size, style)
    case "PieceCorrupt":
      return [`${style.yellow("Corrupt")} piece ${event.piece}: thrown away, it will be fetched again.`]
    case "LinkLeftOut":
      return [`${style.yellow("Left out")} the link ${safe(event.path)}: ${event.why}.`]
    default:
      return []
  }
}

const isPrivate = "It is a private torrent: only its trackers and who was given are asked for peers."

/** The lines that an event is worth before it is known what the torrent is. */
export const sourceNotes = (event: DownloadEvent, style: Style): ReadonlyArray<string> => {
  switch (event._tag) {
    case "SourceAnswered":
      return answered(event.asked, event.fresh, style)
    case "NotListening":
      return notListening(event, style)
    case "Described":
      return event.private ? [isPrivate] : []
    case "Waiting":
      return [
        `${style.yellow("Waiting")} for somebody who knows what the torrent is: ${Swarm.peers(event.rejections.length)} could not say (${tally(event.rejections)}). Ctrl-C stops it.`,
      ]
    default:
      return []
  }
}

const notListening = ({ why }: EventOf<"NotListening">, style: Style): ReadonlyArray<string> => [
  `${style.yellow("Nobody can call us")}: ${safe(why)}. All else goes on; --port takes another port.`,
]

/** What the look at the disk has found. */
const found = ({ bytes, checked, pieces, present }: EventOf<"Checking">, before: Progress) => {
  const { length, task, wanted } = before
  if (checked < pieces || present === 0) return []
  const isAll = present === wanted.pieces
  if (task.strategy !== undefined) return isAll ? [] : [`${part(before, bytes)} are there already.`]
  return isAll
    ? [`All ${Units.bytes(length)} are there and right.`]
    : [`${part(before, bytes)} are there: that part is served.`]
}

const joined = (event: EventOf<"Joined">, { peers, swarm, swarmBefore }: Progress, style: Style) => {
  if (Peers.isHabitual(peers, event.peer)) return []
  const rejected = Swarm.rejections(Swarm.since(swarm, swarmBefore))
  const who = style.green(Peers.whoIs(event.peer, event.seen))
  return [`Downloading from ${who}${rejected === "" ? "" : `; ${rejected}`}`]
}

const lost = (event: EventOf<"Left">, { peers }: Progress, style: Style) => {
  const harmless = Peers.isHarmless(event)
  if (harmless && Peers.isHabitual(peers, event.peer)) return []
  const again = harmless && Peers.lossesOf(peers, event.peer) === Peers.habit - 1
  return [`${style.yellow("Lost")} ${safe(event.error.message)}.${again ? habitual : ""}`]
}

/** A server that cuts its answers short may do so a thousand times. */
const paused = (event: EventOf<"WebSeedPaused">, before: Progress, style: Style) => {
  const times = DownloadProgress.pausesOf(before, event) + 1
  if (times > Peers.habit) return []
  const again = `We ask it again in ${Units.wait(Duration.toMillis(event.pause))}.`
  const enough = times === Peers.habit ? " For the third time: no more is said of that." : ""
  return [`${style.yellow("Waiting")} for the web seed ${safe(event.error.message)}. ${again}${enough}`]
}

const habitual = " For the third time: it is called again each time, and no more is said of that."

const banned = ({ error }: EventOf<"Left">, style: Style) =>
  error._tag === "CorruptPiece" ? [`${style.yellow("Banned")} ${safe(error.message)}; it is not asked again.`] : []

/** Files of which it is said each that they are gone: of a disk that is, all are. */
const mostGone = 5

/** Of a file it is said once, however many pieces it had. */
const gone = ({ error, piece }: EventOf<"PieceLost">, before: number, style: Style): ReadonlyArray<string> => {
  if (before > mostGone) return []
  const what = style.yellow("No longer there")
  return before === mostGone
    ? [`${what}: more files than these; no more is said of that.`]
    : [
        `${what}: piece ${piece} and perhaps more, ${safe(error.message)}. Nobody is served what is not there, and nobody new is told of it; all else goes on. Whoever starts it again has it looked at anew.`,
      ]
}

/** What is missing, who does not help with it and why, and how it goes on. */
const waiting = (event: EventOf<"Waiting">, { peers, supply, wanted }: Progress, style: Style): string => {
  const { copies, lacking, rejections } = event
  const pieces = supply?.lacking === lacking ? supply.pieces : []
  const what =
    lacking === 0
      ? "nobody who has what is missing gives it to us now"
      : `${somePieces(lacking, wanted.pieces, pieces)} with nobody who can be reached (${Units.copies(copies)})`
  const { others, sentences } = goneGivers(peers, rejections)
  const gone = sentences.map((sentence) => ` ${sentence}.`).join("")
  const rest = others.length === 0 ? "" : ` ${count(others.length, "peer")} would not help: ${tally(others)}.`
  return `${style.yellow("Waiting")}: ${what}.${gone}${rest} It goes on when somebody brings more; Ctrl-C stops it, and what is verified is kept.`
}

/** What a source of peers said. Nothing about peers that came with the command, unless they could not be found, nor that the local network has none: it seldom has. */
export const answered = ({ answer, origin, source }: Asked, fresh: number, style: Style): ReadonlyArray<string> => {
  const who = safe(source)
  if ("error" in answer) return [`${style.yellow("No peers")} from ${who}: ${safe(answer.error)}`]
  if (origin === "you" || (origin === "lsd" && answer.peers === 0)) return []
  // It goes on looking, and finds those again.
  if (origin === "dht" && fresh === 0 && answer.peers > 0) return []
  const known = fresh === answer.peers ? "" : `, ${fresh} of them new`
  const withheld =
    answer.withheld === undefined ? "" : `; ${grouped(answer.withheld)} more in our own network are not called`
  return [`${origin === "x.pe" ? "The link" : who} names ${Swarm.peers(answer.peers)}${known}${withheld}`]
}

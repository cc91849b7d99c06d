/** How a torrent is made, in words and as JSON. */
import { MagnetLink } from "@unchoke/protocol"
import { type Created, type CreationEvent, Torrent } from "@unchoke/engine"
import { withBar } from "./bar.ts"
import { plain, type Style } from "./style.ts"
import { count, safe } from "./text.ts"
import * as Units from "./units.ts"

type Found = Extract<CreationEvent, { readonly _tag: "Found" }>

export const foundNote = ({ files, length, links, name, pieceLength, pieces }: Found, style: Style): string => {
  const inIt = links === 0 ? count(files, "file") : `${count(files, "file")} and ${count(links, "link")}`
  return `Hashing ${style.bold(safe(name))} (${inIt}, ${Units.bytes(length)} in ${count(pieces, "piece")} of ${Units.bytes(pieceLength)})`
}

/** About one file. */
export const creationNote = (event: Extract<CreationEvent, { readonly _tag: "Omitted" | "Renamed" }>): string =>
  event._tag === "Omitted"
    ? `Left out: ${safe(event.path)}: ${event.why}.`
    : `${safe(event.path)} will be called ${safe(event.name)}: not every disk takes its name, or keeps it apart from another.`

export const omittedInAll = (more: number): string => `… and ${count(more, "such file")} more.`

/** How far it is; in a terminal with a bar. `took` is in milliseconds. */
export const creationLine = (
  bytes: number,
  length: number,
  took: number,
  columns?: number,
  style: Style = plain,
): string => {
  if (length === 0) return "Looking for files"
  const pace = (bytes * 1000) / Math.max(1, took)
  const left = pace > 0 && bytes < length ? `${Units.foreseen(((length - bytes) * 1000) / pace)} left` : ""
  const words = [`Hashing: ${Units.percent(bytes, length)} of ${Units.bytes(length)}`, Units.rate(pace), left]
  return columns === undefined
    ? words.filter((word) => word !== "").join(", ")
    : withBar(words.join("  ").trimEnd(), bytes / length, columns, style)
}

/** What was made, without its link. */
export const createdLines = ({ path, torrent }: Made, took: number, style: Style): ReadonlyArray<string> => {
  const { length } = torrent.geometry
  const pace = Units.rate((length * 1000) / Math.max(1, took))
  const isWritten = path !== undefined && path !== "-"
  const what = style.bold(safe(isWritten ? path : torrent.name))
  const made = isWritten ? `${style.green("Created")} ${what}` : `${style.green("Created")} a torrent of ${what}`
  // It is nowhere but in the link.
  const where = path === undefined ? "; no .torrent file was written (--save writes one)" : ""
  return [
    `${made}: ${Units.bytes(length)} in ${Units.span(took)}, ${pace}${where}.`,
    `${style.dim("info hash")}  ${hex(torrent.infoHash)}`,
  ]
}

type Made = Pick<Created, "torrent"> & { readonly path: string | undefined }

export const createdJson = ({ path, torrent }: Made) => ({
  path,
  name: torrent.name,
  infoHash: hex(torrent.infoHash),
  magnet: MagnetLink.toString(Torrent.toLink(torrent)),
  length: torrent.geometry.length,
  pieces: torrent.geometry.pieces,
  pieceLength: torrent.geometry.pieceLength,
  files: torrent.files.length,
  private: torrent.private,
})

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex")

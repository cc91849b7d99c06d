/** What is in a torrent, as text or as JSON. */
import type { Torrent } from "unchoke"
import { fileList } from "./fileList.ts"
import type { Style } from "./style.ts"
import { count, grouped, padEnd, safe } from "./text.ts"
import * as Units from "./units.ts"

export const torrentSheet = (torrent: Torrent, allFiles: boolean, style: Style): ReadonlyArray<string> => {
  const { comment, createdBy, files, geometry, name, trackers } = torrent
  const real = files.filter((file) => !file.padding)
  const facts: ReadonlyArray<readonly [string, string | undefined]> = [
    ["info hash", hex(torrent.infoHash)],
    ["size", `${Units.bytes(geometry.length)} (${count(geometry.length, "byte")})`],
    ["pieces", `${grouped(geometry.pieces)} of ${Units.bytes(geometry.pieceLength)}`],
    ["files", grouped(real.length)],
    ["private", torrent.private ? "yes: peers come from its trackers only" : undefined],
    ["created", created(torrent)],
    ["created by", createdBy === undefined ? undefined : safe(createdBy)],
    ["comment", comment === undefined ? undefined : safe(comment)],
    ...(trackers.length === 0 ? [["trackers", "none"] as const] : trackers.map(tier)),
  ]
  return [
    style.bold(safe(name)),
    ...facts.flatMap(([title, value]) => (value === undefined ? [] : [`  ${style.dim(padEnd(title, 10))}  ${value}`])),
    "",
    ...fileList(files, allFiles),
  ]
}

export const torrentJson = (torrent: Torrent): unknown => ({
  name: torrent.name,
  infoHash: hex(torrent.infoHash),
  length: torrent.geometry.length,
  pieces: torrent.geometry.pieces,
  pieceLength: torrent.geometry.pieceLength,
  private: torrent.private,
  trackers: torrent.trackers,
  comment: torrent.comment,
  createdBy: torrent.createdBy,
  creationDate: torrent.creationDate,
  files: torrent.files.flatMap(({ length, link, padding, path }) =>
    padding ? [] : [{ path: path.join("/"), length, link: link?.join("/") }],
  ),
})

const tier = (urls: ReadonlyArray<string>, index: number): readonly [string, string] => [
  index === 0 ? "trackers" : "",
  `${index + 1}. ${urls.map(safe).join("  ")}`,
]

const created = ({ creationDate }: Torrent): string | undefined => {
  if (creationDate === undefined) return undefined
  const date = new Date(creationDate * 1000)
  // Beyond the year 275760 there are no dates.
  return Number.isNaN(date.getTime()) ? undefined : `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")

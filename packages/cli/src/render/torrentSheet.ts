/** What is in a torrent, as text or as JSON. */
import { AnnounceUrl } from "@unchoke/protocol"
import type { FileChoice, Torrent } from "@unchoke/engine"
import { fileList } from "./fileList.ts"
import type { Style } from "./style.ts"
import { count, grouped, padEnd, safe } from "./text.ts"
import * as Units from "./units.ts"
import { nodesIn, unusedSources } from "./unusedSources.ts"

/** How the URL of a tracker or a web seed is shown: without what may be a pass key, unless it is asked for. */
export type ShowUrl = (url: string) => string

/** The lines of the text. */
export const torrentSheet = function* (
  torrent: Torrent,
  allFiles: boolean,
  style: Style,
  choice?: FileChoice,
  showUrl: ShowUrl = AnnounceUrl.shown,
): Generator<string> {
  const { comment, createdBy, files, geometry, name, trackers, webSeeds } = torrent
  // Only of several in a tier it matters which it is: as a rule each has one to itself, and they are asked in their order.
  const isTiered = trackers.some((urls) => urls.length > 1)
  const tier = (urls: ReadonlyArray<string>, index: number): string =>
    `${isTiered ? `${index + 1}. ` : ""}${urls.map((url) => safe(showUrl(url))).join("  ")}`
  const facts: ReadonlyArray<readonly [string, string | undefined]> = [
    ["info hash", hex(torrent.infoHash)],
    ["size", `${Units.bytes(geometry.length)} (${count(geometry.length, "byte")})`],
    ["pieces", `${grouped(geometry.pieces)} of ${Units.bytes(geometry.pieceLength)}`],
    ["files", grouped(files.filter((file) => !file.padding).length)],
    ["chosen", choice && chosenInWords(torrent, choice)],
    ["private", torrent.private ? "yes: peers come from its trackers only" : undefined],
    ["created", created(torrent)],
    ["created by", createdBy && shortened(safe(createdBy))],
    ["comment", comment && shortened(safe(comment))],
    ...titled("trackers", trackers.length === 0 ? ["none"] : trackers.map(tier)),
    ...titled(
      "web seeds",
      webSeeds.map((url) => shortened(safe(showUrl(url)))),
    ),
    ...titled("DHT nodes", torrent.private ? [] : nodesIn(torrent)),
    ...titled("not used", unused(torrent)),
  ]
  yield style.bold(safe(name))
  for (const [title, value] of facts) {
    if (value !== undefined) yield `  ${style.dim(padEnd(title, 10))}  ${value}`
  }
  yield ""
  yield* fileList(files, allFiles, choice)
}

/** "3 (1.20 GiB)". */
const chosenInWords = ({ files }: Torrent, choice: FileChoice): string =>
  `${grouped(choice.files.length)} (${Units.bytes(choice.files.reduce((sum, file) => sum + files[file]!.length, 0))})`

/** The lines of the JSON, one for each file. */
export const torrentJson = function* (
  torrent: Torrent,
  choice?: FileChoice,
  showUrl: ShowUrl = AnnounceUrl.shown,
): Generator<string> {
  const facts = {
    name: torrent.name,
    infoHash: hex(torrent.infoHash),
    length: torrent.geometry.length,
    pieces: torrent.geometry.pieces,
    pieceLength: torrent.geometry.pieceLength,
    private: torrent.private,
    trackers: torrent.trackers.map((tier) => tier.map(showUrl)),
    webSeeds: torrent.webSeeds.map(showUrl),
    dhtNodes: torrent.private ? [] : nodesIn(torrent),
    notUsed: unusedSources(torrent).map(({ what, name, why }) => ({ what, name: shortened(name), why })),
    comment: torrent.comment && shortened(torrent.comment),
    createdBy: torrent.createdBy && shortened(torrent.createdBy),
    creationDate: torrent.creationDate,
  }
  yield `${JSON.stringify(facts, undefined, 2).slice(0, -"\n}".length)},\n  "files": [`
  let last: string | undefined
  for (const [index, { length, link, padding, path }] of torrent.files.entries()) {
    if (padding) continue
    if (last !== undefined) yield `${last},`
    last = `    ${JSON.stringify({ number: index + 1, path: path.join("/"), length, link: link?.join("/"), chosen: choice?.has(index) })}`
  }
  if (last !== undefined) yield last
  yield "  ]\n}"
}

/** Nobody reads more of a comment or an address; one can be as long as the torrent. */
const longestText = 10_000

const shortened = (text: string): string =>
  text.length > longestText ? `${text.slice(0, longestText).toWellFormed()}…` : text

/** Values of one kind below each other, the title before the first. */
const titled = (title: string, values: ReadonlyArray<string>): ReadonlyArray<readonly [string, string]> =>
  values.map((value, i) => [i === 0 ? title : "", value])

/** So many sources that are not used are listed. */
const mostUnused = 20

const unused = (torrent: Torrent): ReadonlyArray<string> => {
  const sources = unusedSources(torrent)
  const lines = sources.slice(0, mostUnused).map(({ name, what, why }) => `${what} ${shortened(safe(name))}: ${why}`)
  const more = sources.length - lines.length
  return more > 0 ? [...lines, `… and ${grouped(more)} more`] : lines
}

const created = ({ creationDate }: Torrent): string | undefined => {
  if (creationDate === undefined) return undefined
  const date = new Date(creationDate * 1000)
  // Beyond the year 275760 there are no dates.
  return Number.isNaN(date.getTime()) ? undefined : `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")

/** What of a torrent is on the disk, and which files are not as they should be. */
import * as Hex from "effect/encoding/Hex"
import { Geometry, type Metainfo, type Bitfield } from "@unchoke/protocol"
import type { FileChoice, FoundFile, Torrent } from "@unchoke/engine"
import { advisedSource } from "../webAddress.ts"
import type { Style } from "./style.ts"
import { count, grouped, padEnd, quoted, safe } from "./text.ts"
import * as Units from "./units.ts"

/** What is the matter with a file. */
export type Trouble =
  | { readonly what: "missing" }
  /** A symbolic link that is not there, or leads elsewhere. */
  | { readonly what: "no link"; readonly link: string }
  | { readonly what: "wrong size"; readonly size: number }
  /** It has the name that it has until all of its pieces are there. */
  | { readonly what: "unfinished"; readonly there: number; readonly pieces: number }
  /** Some of its own pieces are wrong. */
  | { readonly what: "damaged"; readonly bad: number; readonly pieces: number }
  /** The disk cannot read some of its pieces. */
  | { readonly what: "unreadable"; readonly bad: number; readonly pieces: number }
  /** Only pieces that it shares with other files are wrong: it may be whole. */
  | { readonly what: "uncertain" }

export interface FileTrouble {
  readonly file: Metainfo.TorrentFile
  readonly trouble: Trouble
}

/** Which pieces are there and right, and in which file the disk could not read others. */
export interface CheckedPieces {
  readonly present: Bitfield.Bitfield
  readonly unreadable: ReadonlyMap<number, string>
}

/** The files that are not proved to be right, of all or of those that were chosen. `found` is what is in each file's place. */
export const troubles = (
  { files, geometry }: Torrent,
  checked: CheckedPieces,
  found: ReadonlyArray<FoundFile>,
  choice?: FileChoice,
): ReadonlyArray<FileTrouble> =>
  files.flatMap((file, index) => {
    const trouble =
      file.padding || choice?.has(index) === false ? undefined : troubleWith(file, geometry, checked, found[index]!)
    return trouble === undefined ? [] : [{ file, trouble }]
  })

const troubleWith = (
  file: Metainfo.TorrentFile,
  geometry: Geometry.Geometry,
  { present, unreadable }: CheckedPieces,
  { linked, path, size, unfinished, unreadable: isHidden }: FoundFile,
): Trouble | undefined => {
  if (file.link !== undefined) {
    // A link that leads out of the torrent is not made.
    return linked || file.link.length === 0 ? undefined : { what: "no link", link: file.link.join("/") }
  }
  const pieces = piecesOf(file, geometry)
  if (isHidden === true) return { what: "unreadable", bad: pieces.length, pieces: pieces.length }
  if (size === undefined) return { what: "missing" }
  const bad = pieces.filter((piece) => !present.has(piece))
  const unread = bad.filter((piece) => unreadable.get(piece) === path)
  if (unread.length > 0) return { what: "unreadable", bad: unread.length, pieces: pieces.length }
  if (unfinished) return { what: "unfinished", there: pieces.length - bad.length, pieces: pieces.length }
  if (size !== file.length) return { what: "wrong size", size }
  if (bad.length === 0) return undefined
  return bad.some((piece) => isWithin(piece, file, geometry))
    ? { what: "damaged", bad: bad.length, pieces: pieces.length }
    : { what: "uncertain" }
}

/** So many files are named; more are counted. */
export const mostNamed = 20

/** Where the torrent's file or folder is, below which folder, whether under another name than the torrent's, and which torrent that was. */
export interface Place {
  readonly path: string
  readonly folder: string
  readonly isRenamed: boolean
  readonly torrentFile: string
}

export const verifyReport = (
  torrent: Torrent,
  present: Bitfield.Bitfield,
  found: ReadonlyArray<FileTrouble>,
  place: Place,
  style: Style,
  choice?: FileChoice,
): ReadonlyArray<string> => {
  const { geometry } = torrent
  const { path } = place
  const { pieces, right } = countOf(geometry, present, choice)
  const chosen = choice && chosenOf(torrent, choice)
  if (found.length === 0) {
    return [
      chosen === undefined
        ? `${style.green("All there.")} ${safe(path)}: ${Units.bytes(geometry.length)}, every piece is right.`
        : `${style.green("All that was chosen is there.")} ${safe(path)}: ${count(chosen.files, "file")} of ${grouped(chosen.of)}, ${Units.bytes(chosen.length)}, every piece of them is right.`,
    ]
  }
  const named = found.slice(0, mostNamed)
  const share = `${grouped(right)} of ${count(pieces, "piece")} are there and right`
  const of =
    chosen === undefined
      ? ""
      : `${count(chosen.files, "file")} of ${grouped(chosen.of)} chosen (${Units.bytes(chosen.length)}), `
  return [
    `${style.yellow(isInterrupted(found) ? "Not finished." : "Not all there.")} ${safe(path)}: ${of}${share} (${Units.percent(right, pieces)}).`,
    ...named.map(({ file, trouble }) => {
      const paint = trouble.what === "uncertain" ? style.dim : style.yellow
      return `  ${paint(padEnd(trouble.what, 10))}  ${safe(file.path.join("/"))}${details(trouble, file)}`
    }),
    ...(found.length > named.length ? [`  … and ${count(found.length - named.length, "more file")}`] : []),
    ...advice(torrent, present, found, place, choice),
  ]
}

/** How many pieces are wanted, and how many of them are right. */
const countOf = (
  { pieces }: Geometry.Geometry,
  present: Bitfield.Bitfield,
  choice: FileChoice | undefined,
): { readonly pieces: number; readonly right: number } => {
  if (choice === undefined) return { pieces, right: present.count }
  const wanted = Array.from({ length: pieces }, (_, piece) => piece).filter((piece) => choice.wants(piece))
  return { pieces: wanted.length, right: wanted.filter((piece) => present.has(piece)).length }
}

const chosenOf = ({ files }: Torrent, choice: FileChoice) => ({
  files: choice.files.length,
  of: files.filter(({ padding }) => !padding).length,
  length: choice.files.reduce((sum, file) => sum + files[file]!.length, 0),
})

/** How to go on: a download fetches what is not right and nothing else. What it cannot read, or takes for somebody else's, it does not touch; under another name it finds nothing. */
const advice = (
  { geometry, name }: Torrent,
  present: Bitfield.Bitfield,
  found: ReadonlyArray<FileTrouble>,
  { folder, isRenamed, torrentFile }: Place,
  choice: FileChoice | undefined,
): ReadonlyArray<string> => {
  if (found.some(({ trouble }) => trouble.what === "unreadable")) {
    return ["What cannot be read may be right: get permission for it, or see to the disk, and verify it again."]
  }
  const chosen = choice === undefined ? "" : ` --files ${numbersOf(choice)}`
  const download = `unchoke download ${quoted(advisedSource(torrentFile))} --output ${quoted(folder)}${chosen}`
  if (isRenamed) {
    return [`A download looks for it under its own name: call it ${quoted(name)} again, and then: ${download}`]
  }
  const nothingRight = ({ file, trouble }: FileTrouble) =>
    (trouble.what === "damaged" || trouble.what === "wrong size") &&
    !piecesOf(file, geometry).some((piece) => present.has(piece))
  if (found.some(nothingRight)) {
    return [
      "Where nothing is right there may be something else of yours: a download does not touch it.",
      `To have it replaced, and fetch what is not right: ${download} --overwrite`,
    ]
  }
  if (present.count === geometry.pieces) return [`To put it right, fetching nothing: ${download}`]
  const isDamaged = found.some(({ trouble }) => trouble.what === "damaged" || trouble.what === "wrong size")
  return [`${isDamaged ? "To repair it, fetching only what is not right" : "To complete it"}: ${download}`]
}

/** The chosen files by their numbers, from 1: "1,3-5". */
const numbersOf = ({ files }: FileChoice): string => {
  const runs: Array<[first: number, last: number]> = []
  for (const file of files) {
    const run = runs.at(-1)
    if (run?.[1] === file - 1) run[1] = file
    else runs.push([file, file])
  }
  return runs.map(([first, last]) => (first === last ? `${first + 1}` : `${first + 1}-${last + 1}`)).join(",")
}

/** A download that was stopped, and nothing is wrong with what it has left. */
const isInterrupted = (found: ReadonlyArray<FileTrouble>): boolean =>
  found.some(({ trouble }) => trouble.what === "unfinished") &&
  found.every(({ trouble }) => ["unfinished", "missing", "no link"].includes(trouble.what))

export const verifyJson = (
  torrent: Torrent,
  present: Bitfield.Bitfield,
  found: ReadonlyArray<FileTrouble>,
  choice?: FileChoice,
): unknown => ({
  name: torrent.name,
  infoHash: Hex.encode(torrent.infoHash),
  pieces: countOf(torrent.geometry, present, choice).pieces,
  present: countOf(torrent.geometry, present, choice).right,
  complete: found.length === 0,
  ...(choice !== undefined && { chosen: chosenOf(torrent, choice) }),
  files: found.map(({ file, trouble }) => ({ path: file.path.join("/"), length: file.length, ...trouble })),
})

const details = (trouble: Trouble, { length }: Metainfo.TorrentFile): string => {
  switch (trouble.what) {
    case "missing":
      return ` (${Units.bytes(length)})`
    case "no link":
      return ` (to ${safe(trouble.link)})`
    case "unfinished":
      return ` (${grouped(trouble.there)} of ${count(trouble.pieces, "piece")})`
    case "unreadable":
      return trouble.pieces === 0
        ? " (an error of the disk, or no permission)"
        : ` (${grouped(trouble.bad)} of ${count(trouble.pieces, "piece")}: an error of the disk, or no permission)`
    case "wrong size":
      return ` (${count(trouble.size, "byte")} instead of ${grouped(length)})`
    case "damaged":
      return ` (${grouped(trouble.bad)} of ${count(trouble.pieces, "piece")})`
    case "uncertain":
      return " (a piece that it shares with other files is wrong)"
  }
}

const piecesOf = ({ length, offset }: Geometry.Extent, { pieceLength }: Geometry.Geometry): ReadonlyArray<number> => {
  if (length === 0) return []
  const first = Math.floor(offset / pieceLength)
  const last = Math.floor((offset + length - 1) / pieceLength)
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}

const isWithin = (piece: number, { length, offset }: Geometry.Extent, geometry: Geometry.Geometry): boolean => {
  const start = Geometry.pieceStart(geometry, piece)
  return start >= offset && start + Geometry.pieceSize(geometry, piece) <= offset + length
}

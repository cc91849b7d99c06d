/** What of a torrent is on the disk, and which files are not as they should be. */
import { Geometry, type Metainfo, type Bitfield } from "@unchoke/protocol"
import type { Torrent } from "unchoke"
import type { Style } from "./style.ts"
import { count, grouped, padEnd, safe } from "./text.ts"
import * as Units from "./units.ts"

/** What is the matter with a file. */
export type Trouble =
  | { readonly what: "missing" }
  | { readonly what: "wrong size"; readonly size: number }
  /** Some of its own pieces are wrong. */
  | { readonly what: "damaged"; readonly bad: number; readonly pieces: number }
  /** Only pieces that it shares with other files are wrong: it may be whole. */
  | { readonly what: "uncertain" }

export interface FileTrouble {
  readonly file: Metainfo.TorrentFile
  readonly trouble: Trouble
}

/** The files that are not proved to be right. `sizeOf` says how long a file is on the disk, or nothing where there is none. */
export const troubles = (
  { files, geometry }: Torrent,
  present: Bitfield.Bitfield,
  sizeOf: (file: Metainfo.TorrentFile) => number | undefined,
): ReadonlyArray<FileTrouble> =>
  files.flatMap((file) => {
    if (file.padding) return []
    const size = sizeOf(file)
    const trouble =
      size === undefined
        ? { what: "missing" as const }
        : size !== file.length
          ? { what: "wrong size" as const, size }
          : troubleIn(file, geometry, present)
    return trouble === undefined ? [] : [{ file, trouble }]
  })

const troubleIn = (
  file: Geometry.Extent,
  geometry: Geometry.Geometry,
  present: Bitfield.Bitfield,
): Trouble | undefined => {
  const pieces = piecesOf(file, geometry)
  const bad = pieces.filter((piece) => !present.has(piece))
  if (bad.length === 0) return undefined
  return bad.some((piece) => isWithin(piece, file, geometry))
    ? { what: "damaged", bad: bad.length, pieces: pieces.length }
    : { what: "uncertain" }
}

/** So many files are named; more are counted. */
export const mostNamed = 20

export const verifyReport = (
  { geometry, name }: Torrent,
  present: Bitfield.Bitfield,
  found: ReadonlyArray<FileTrouble>,
  path: string,
  style: Style,
): ReadonlyArray<string> => {
  if (found.length === 0) {
    return [`${style.green("All there.")} ${safe(path)}: ${Units.bytes(geometry.length)}, every piece is right.`]
  }
  const named = found.slice(0, mostNamed)
  const share = `${grouped(present.count)} of ${count(geometry.pieces, "piece")} are there and right`
  return [
    `${style.yellow("Not all there.")} ${safe(path)}: ${share} (${Units.percent(present.count, geometry.pieces)}).`,
    ...named.map(({ file, trouble }) => {
      const paint = trouble.what === "uncertain" ? style.dim : style.yellow
      return `  ${paint(padEnd(trouble.what, 10))}  ${safe(file.path.join("/"))}${details(trouble, file)}`
    }),
    ...(found.length > named.length ? [`  … and ${count(found.length - named.length, "more file")}`] : []),
    `\`unchoke download\` of ${safe(name)} into the same folder fetches what is missing.`,
  ]
}

export const verifyJson = (
  { geometry, name }: Torrent,
  present: Bitfield.Bitfield,
  found: ReadonlyArray<FileTrouble>,
): unknown => ({
  name,
  pieces: geometry.pieces,
  present: present.count,
  complete: found.length === 0,
  files: found.map(({ file, trouble }) => ({ path: file.path.join("/"), length: file.length, ...trouble })),
})

const details = (trouble: Trouble, { length }: Metainfo.TorrentFile): string => {
  switch (trouble.what) {
    case "missing":
      return ` (${Units.bytes(length)})`
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

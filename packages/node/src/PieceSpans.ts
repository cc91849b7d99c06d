/**
 * A torrent's pieces in the form in which they are asked of a `Disk`.
 *
 * What a piece has of a file that is neither chosen nor there (`aside`) lies in the border's file. Each piece that more than one file lies in has a place there, as
 * long as a piece, whatever is chosen: so a later choice finds it.
 */
import { Geometry, type Metainfo } from "@unchoke/protocol"
import type { Torrent } from "@unchoke/engine"
import type { Jobs } from "./Disk.ts"

/** A file and its place in the torrent's list, which is what it is called on the way to the disk. */
interface NumberedFile extends Metainfo.TorrentFile {
  readonly index: number
}

/** Bytes of one file: `length` from `start` on within it, found at `at` of what was asked for. */
export interface FileSpan {
  /** -1: zeros. */
  readonly file: number
  readonly start: number
  readonly at: number
  readonly length: number
}

/** Bytes of a file: `length` of them `from` a place in the border's file on, `to` a place in the file. */
export interface BorderPart {
  readonly piece: number
  readonly from: number
  readonly to: number
  readonly length: number
}

const never = () => false

export class PieceSpans {
  readonly #geometry: Geometry.Geometry
  readonly #files: ReadonlyArray<NumberedFile>
  readonly #shared: Uint32Array
  readonly #isAside: (file: number) => boolean

  /** Which files are aside may change (`FilePlaces`). */
  constructor({ files, geometry }: Pick<Torrent, "files" | "geometry">, isAside: (file: number) => boolean = never) {
    this.#geometry = geometry
    this.#files = files.map((file, index) => ({ ...file, index }))
    this.#shared = sharedPieces({ files, geometry })
    this.#isAside = isAside
  }

  /** What the border's file may have of a file: of its first piece and of its last one. */
  borderParts(file: number): ReadonlyArray<BorderPart> {
    const extent = this.#files[file]!
    if (extent.length === 0) return []
    const [first, end] = piecesOf(this.#geometry, extent)
    return [...new Set([first, end - 1])].flatMap((piece) => {
      const place = this.#borderPlace(piece)
      const size = Geometry.pieceSize(this.#geometry, piece)
      const spans = Geometry.spans(this.#files, Geometry.pieceStart(this.#geometry, piece), size)
      const own = spans.find((span) => span.extent.index === file)
      if (place === undefined || own === undefined) return []
      return [{ piece, from: place + own.at, to: own.within, length: own.length }]
    })
  }

  /** Where a piece begins in the border's file. */
  #borderPlace(piece: number): number | undefined {
    let low = 0
    let high = this.#shared.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#shared[middle]! < piece) low = middle + 1
      else high = middle
    }
    return this.#shared[low] === piece ? low * this.#geometry.pieceLength : undefined
  }

  /** The pieces to be looked at, with padding files as zeros. */
  toCheck(pieces: Iterable<number>): Jobs {
    const jobs: Array<number> = []
    for (const piece of pieces) this.#push(jobs, piece, 0, (file) => (file.padding ? -1 : file.index))
    return Float64Array.from(jobs)
  }

  /** The pieces to be written, each from where its buffer begins, without padding files. */
  toWrite(pieces: Iterable<{ readonly piece: number; readonly buffer: Uint8Array }>): Jobs {
    const jobs: Array<number> = []
    for (const { piece, buffer } of pieces) {
      this.#push(jobs, piece, buffer.byteOffset, (file) => (file.padding ? undefined : file.index))
    }
    return Float64Array.from(jobs)
  }

  /** Where so many bytes from a place within a piece on lie; they may run on into the pieces behind it. */
  toRead(piece: number, begin: number, length: number): ReadonlyArray<FileSpan> {
    const start = Geometry.pieceStart(this.#geometry, piece) + begin
    return Geometry.spans(this.#files, start, length).flatMap(
      ({ at, extent, length, within }): ReadonlyArray<FileSpan> => {
        if (extent.padding) return [{ file: -1, start: within, at, length }]
        if (!this.#isAside(extent.index)) return [{ file: extent.index, start: within, at, length }]
        return this.#aside(start, { at, length })
      },
    )
  }

  /** Of a file that is aside only pieces that it shares are there: it is a run of them that is asked for. */
  #aside(start: number, { at, length }: { readonly at: number; readonly length: number }): ReadonlyArray<FileSpan> {
    const spans: Array<FileSpan> = []
    for (let done = 0; done < length;) {
      const from = start + at + done
      const piece = Math.floor(from / this.#geometry.pieceLength)
      const within = from - Geometry.pieceStart(this.#geometry, piece)
      const some = Math.min(length - done, Geometry.pieceSize(this.#geometry, piece) - within)
      const place = this.#borderPlace(piece)
      // A piece of this file alone: nobody has stored it.
      const behind = this.#shared.length * this.#geometry.pieceLength
      spans.push({ file: this.#files.length, start: (place ?? behind) + within, at: at + done, length: some })
      done += some
    }
    return spans
  }

  /** The files that have bytes in a piece. */
  filesOf(piece: number): ReadonlyArray<number> {
    const start = Geometry.pieceStart(this.#geometry, piece)
    return Geometry.spans(this.#files, start, Geometry.pieceSize(this.#geometry, piece)).map(
      ({ extent }) => extent.index,
    )
  }

  /** Of each file how many of its pieces are not there. */
  missingOf(there: { readonly has: (piece: number) => boolean }): Uint32Array {
    return Uint32Array.from(this.#files, (file) => {
      let missing = 0
      const [first, end] = file.length === 0 ? [0, 0] : piecesOf(this.#geometry, file)
      for (let piece = first; piece < end; piece++) if (!there.has(piece)) missing++
      return missing
    })
  }

  #push(jobs: Array<number>, piece: number, buffer: number, name: (file: NumberedFile) => number | undefined): void {
    const size = Geometry.pieceSize(this.#geometry, piece)
    const count = jobs.push(piece, size, buffer, 0) - 1
    const start = Geometry.pieceStart(this.#geometry, piece)
    for (const span of Geometry.spans(this.#files, start, size)) {
      const file = name(span.extent)
      if (file === undefined) continue
      if (file < 0 || !this.#isAside(file)) {
        jobs.push(file, span.within, span.at, span.length)
        jobs[count]!++
        continue
      }
      for (const { at, file, length, start: from } of this.#aside(start, span)) {
        jobs.push(file, from, at, length)
        jobs[count]!++
      }
    }
  }
}

/** The pieces in which more than one file has bytes, ascending. */
export const sharedPieces = ({ files, geometry }: Pick<Torrent, "files" | "geometry">): Uint32Array => {
  const shared: Array<number> = []
  /** The last piece of the file before. */
  let last = -1
  for (const file of files) {
    if (file.padding || file.length === 0) continue
    const [first, end] = piecesOf(geometry, file)
    if (first === last && shared.at(-1) !== first) shared.push(first)
    last = end - 1
  }
  return Uint32Array.from(shared)
}

/** The pieces that a file of more than no bytes lies in: the first, and the one behind the last. */
export const piecesOf = (
  { pieceLength }: Geometry.Geometry,
  { length, offset }: Geometry.Extent,
): [first: number, end: number] => [Math.floor(offset / pieceLength), Math.ceil((offset + length) / pieceLength)]

/** A torrent's pieces in the form in which they are asked of a `Disk`. */
import { Geometry, type Metainfo } from "@unchoke/protocol"
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

export class PieceSpans {
  readonly #geometry: Geometry.Geometry
  readonly #files: ReadonlyArray<NumberedFile>

  constructor(geometry: Geometry.Geometry, files: ReadonlyArray<Metainfo.TorrentFile>) {
    this.#geometry = geometry
    this.#files = files.map((file, index) => ({ ...file, index }))
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
    return Geometry.spans(this.#files, start, length).map(({ at, extent, length, within }) => ({
      file: extent.padding ? -1 : extent.index,
      start: within,
      at,
      length,
    }))
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
    for (const span of Geometry.spans(this.#files, Geometry.pieceStart(this.#geometry, piece), size)) {
      const file = name(span.extent)
      if (file === undefined) continue
      jobs.push(file, span.within, span.at, span.length)
      jobs[count]!++
    }
  }
}

/** The pieces that a file of more than no bytes lies in: the first, and the one behind the last. */
export const piecesOf = (
  { pieceLength }: Geometry.Geometry,
  { length, offset }: Geometry.Extent,
): [first: number, end: number] => [Math.floor(offset / pieceLength), Math.ceil((offset + length) / pieceLength)]

/**
 * Which files of a torrent are wanted, and so which of its pieces.
 *
 * Plain, and made once. Invariants: a piece is wanted exactly when a wanted file has bytes in it; padding is never wanted for itself (BEP 47).
 */
import type { Geometry } from "@unchoke/protocol"
import { Bitfield, type Metainfo } from "@unchoke/protocol"

/** What a choice is made from. */
export interface Choosable {
  readonly geometry: Geometry.Geometry
  readonly files: ReadonlyArray<Metainfo.TorrentFile>
}

/** Some files of a torrent, by their places in its list, and the pieces that they need. */
export class FileChoice {
  /** Their places in the torrent's list, ascending. */
  readonly files: ReadonlyArray<number>
  /** Whether nothing is left out. */
  readonly isAll: boolean
  readonly #files: ReadonlySet<number>
  readonly #pieces: Bitfield.Bitfield

  /** Numbers of files, from 0, in any order; those of padding, and of no file, count for nothing. */
  constructor({ files, geometry }: Choosable, chosen: Iterable<number>) {
    const isFile = (file: number) => files[file]?.padding === false
    this.#files = new Set([...chosen].filter(isFile))
    this.files = [...this.#files].toSorted((a, b) => a - b)
    this.isAll = files.every(({ padding }, file) => padding || this.#files.has(file))
    this.#pieces = this.isAll ? Bitfield.Bitfield.full(geometry.pieces) : Bitfield.Bitfield.empty(geometry.pieces)
    if (this.isAll) return
    for (const file of this.files) {
      const { length, offset } = files[file]!
      if (length === 0) continue
      const end = Math.ceil((offset + length) / geometry.pieceLength)
      for (let piece = Math.floor(offset / geometry.pieceLength); piece < end; piece++) this.#pieces.add(piece)
    }
  }

  /** Whether the file at this place in the torrent's list is wanted. */
  has(file: number): boolean {
    return this.#files.has(file)
  }

  /** Whether a wanted file has bytes in this piece. */
  wants(piece: number): boolean {
    return this.#pieces.has(piece)
  }
}

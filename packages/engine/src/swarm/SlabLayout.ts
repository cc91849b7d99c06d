/**
 * How a torrent is cut into slabs: what is read from the disk at once and kept together.
 *
 * A slab of a long piece is a part of it, aligned within the piece. Short pieces are put into one slab, as many as fit whole, and each is a part of it that
 * can be there or not: in a partial torrent a piece's neighbours may not be. So no slab reaches beyond the torrent's end, and no part beyond a piece's.
 */
import { Geometry } from "@unchoke/protocol"

/** Bytes of a slab: a read of 16 KiB costs the processor up to ten times as much per byte, and one of a MiB hardly less. */
export const slabSize = 256 << 10

/** Pieces of 4 KiB fill a slab; of shorter ones, which nobody makes, there are no more in it either. */
const mostParts = 64

export class SlabLayout {
  readonly #geometry: Geometry.Geometry
  /** Slabs a piece, where it is longer than one. */
  readonly #perPiece: number
  /** Pieces a slab, where several fit. */
  readonly #perSlab: number

  constructor(geometry: Geometry.Geometry) {
    this.#geometry = geometry
    this.#perPiece = Math.ceil(geometry.pieceLength / slabSize)
    this.#perSlab = Math.min(mostParts, Math.max(1, Math.floor(slabSize / geometry.pieceLength)))
  }

  slabOf(piece: number, begin: number): number {
    return this.#perPiece > 1
      ? piece * this.#perPiece + Math.floor(begin / slabSize)
      : Math.floor(piece / this.#perSlab)
  }

  partOf(piece: number): number {
    return this.#perPiece > 1 ? 0 : piece % this.#perSlab
  }

  /** Where a byte of a piece lies within its slab. */
  placeOf(piece: number, begin: number): number {
    return this.#perPiece > 1 ? begin % slabSize : this.partOf(piece) * this.#geometry.pieceLength + begin
  }

  /** How many parts a slab has. */
  partsOf(slab: number): number {
    if (this.#perPiece > 1) return 1
    return Math.min(this.#perSlab, this.#geometry.pieces - slab * this.#perSlab)
  }

  pieceOf(slab: number, part: number): number {
    return this.#perPiece > 1 ? Math.floor(slab / this.#perPiece) : slab * this.#perSlab + part
  }

  /** What the parts from `from` up to `to` are: so many bytes of the torrent from `begin` within `piece` on, which lie at `at` in the slab. */
  run(slab: number, from: number, to: number): { piece: number; begin: number; at: number; length: number } {
    const piece = this.pieceOf(slab, from)
    const begin = this.#perPiece > 1 ? (slab % this.#perPiece) * slabSize : 0
    const last = this.pieceOf(slab, to - 1)
    const whole = (last - piece) * this.#geometry.pieceLength + Geometry.pieceSize(this.#geometry, last) - begin
    return { piece, begin, at: this.placeOf(piece, begin), length: Math.min(slabSize, whole) }
  }
}

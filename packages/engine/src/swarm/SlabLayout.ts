/**
 * How a torrent is cut into slabs: what is read from the disk together and kept together, as it goes over the wire.
 *
 * A slab of a long piece is a part of it, aligned within the piece. Short pieces are put into one slab, as many as fit whole, and each is a part of it that
 * can be there or not: in a partial torrent a piece's neighbours may not be. So no slab reaches beyond the torrent's end, and no part beyond a piece's. Before each block (16 KiB, or what a piece ends with) there is room
 * for its head: blocks that follow each other in a piece are messages that follow each other in memory.
 */
import { Geometry, PieceHead } from "@unchoke/protocol"

/** Bytes of a torrent in a slab: a read of 16 KiB costs the processor up to ten times as much per byte, and one of a MiB hardly less. */
export const slabSize = 256 << 10

/** Pieces of 4 KiB fill a slab; of shorter ones, which nobody makes, there are no more in it either. */
const mostParts = 64

/** Bytes of memory of a slab: there are never more heads in it than there may be parts. */
export const memorySize = slabSize + mostParts * PieceHead.size

export class SlabLayout {
  readonly #geometry: Geometry.Geometry
  /** Slabs a piece, where it is longer than one. */
  readonly #perPiece: number
  /** Pieces a slab, where several fit. */
  readonly #perSlab: number
  /** Bytes that a whole piece takes with its heads, where several fit. */
  readonly #partSize: number

  constructor(geometry: Geometry.Geometry) {
    const { pieceLength } = geometry
    this.#geometry = geometry
    this.#perPiece = Math.ceil(pieceLength / slabSize)
    this.#perSlab = Math.min(mostParts, Math.max(1, Math.floor(slabSize / pieceLength)))
    this.#partSize = pieceLength + Math.ceil(pieceLength / Geometry.blockSize) * PieceHead.size
  }

  slabOf(piece: number, begin: number): number {
    return this.#perPiece > 1
      ? piece * this.#perPiece + Math.floor(begin / slabSize)
      : Math.floor(piece / this.#perSlab)
  }

  partOf(piece: number): number {
    return this.#perPiece > 1 ? 0 : piece % this.#perSlab
  }

  /** Whether it is one of the ranges that have a head. */
  isBlock({
    begin,
    length,
    piece,
  }: {
    readonly piece: number
    readonly begin: number
    readonly length: number
  }): boolean {
    if (begin % Geometry.blockSize !== 0) return false
    return length === Math.min(Geometry.blockSize, Geometry.pieceSize(this.#geometry, piece) - begin)
  }

  /** Where a byte of a piece lies within its slab's memory; a head lies before the first one of a block. */
  placeOf(piece: number, begin: number): number {
    const within = this.#perPiece > 1 ? begin % slabSize : begin
    const heads = Math.floor(within / Geometry.blockSize) + 1
    return this.partOf(piece) * this.#partSize + within + heads * PieceHead.size
  }

  /** How many parts a slab has. */
  partsOf(slab: number): number {
    if (this.#perPiece > 1) return 1
    return Math.min(this.#perSlab, this.#geometry.pieces - slab * this.#perSlab)
  }

  pieceOf(slab: number, part: number): number {
    return this.#perPiece > 1 ? Math.floor(slab / this.#perPiece) : slab * this.#perSlab + part
  }

  /** Where the first byte of a slab lies within its (first) piece. */
  beginOf(slab: number): number {
    return this.#perPiece > 1 ? (slab % this.#perPiece) * slabSize : 0
  }

  /** Where a part begins in the torrent, in bytes. */
  startOf(slab: number, part: number): number {
    return Geometry.pieceStart(this.#geometry, this.pieceOf(slab, part)) + this.beginOf(slab)
  }

  /** Where the part behind this one would begin. */
  endOf(slab: number, part: number): number {
    return this.#perPiece > 1 ? this.startOf(slab + 1, 0) : this.startOf(slab, part + 1)
  }

  /** The blocks of a part, in order. */
  eachBlock(slab: number, part: number, use: (piece: number, begin: number, length: number) => void): void {
    const piece = this.pieceOf(slab, part)
    const end = Geometry.pieceSize(this.#geometry, piece)
    const first = this.beginOf(slab)
    for (let begin = first; begin < Math.min(end, first + slabSize); begin += Geometry.blockSize) {
      use(piece, begin, Math.min(Geometry.blockSize, end - begin))
    }
  }
}

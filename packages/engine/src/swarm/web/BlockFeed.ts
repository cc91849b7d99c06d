/**
 * Cuts a stream of bytes, which begins at a block of the torrent, into blocks.
 *
 * A block that lies in one chunk is a view of it, valid as long as the chunk is; one that lies across chunks is put together in a buffer of our own.
 */
import { Geometry, type PeerMessage } from "@unchoke/protocol"

export class BlockFeed {
  readonly #geometry: Geometry.Geometry
  readonly #deliver: (block: PeerMessage.Of<"Piece">) => void
  readonly #partial = new Uint8Array(Geometry.blockSize)
  #piece = 0
  #begin = 0
  /** Bytes of the present block that are here. */
  #filled = 0

  constructor(geometry: Geometry.Geometry, deliver: (block: PeerMessage.Of<"Piece">) => void) {
    this.#geometry = geometry
    this.#deliver = deliver
  }

  /** What comes next is this block; what was here of another one is dropped. */
  begin({ begin, piece }: { readonly piece: number; readonly begin: number }): void {
    this.#piece = piece
    this.#begin = begin
    this.#filled = 0
  }

  take(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length) {
      const size = Geometry.blockLength(this.#geometry, this.#piece, this.#begin / Geometry.blockSize)
      const length = Math.min(size - this.#filled, chunk.length - at)
      const part = chunk.subarray(at, at + length)
      at += length
      if (length < size) this.#partial.set(part, this.#filled)
      this.#filled += length
      if (this.#filled < size) return
      this.#deliver({
        _tag: "Piece",
        piece: this.#piece,
        begin: this.#begin,
        block: length === size ? part : this.#partial.subarray(0, size),
      })
      this.#advance(size)
    }
  }

  #advance(size: number): void {
    this.#filled = 0
    this.#begin += size
    if (this.#begin < Geometry.pieceSize(this.#geometry, this.#piece)) return
    this.#begin = 0
    this.#piece++
  }
}

/**
 * The memory of a slab: blocks as they go over the wire, each behind its head.
 *
 * So whatever many peers are sent is written once, and a run of blocks is one piece of memory, which is sent as it is.
 */
import { Geometry, PieceHead } from "@unchoke/protocol"
import { memorySize } from "./SlabLayout.ts"

/** From one whole block to the next. */
const stride = PieceHead.size + Geometry.blockSize

export class SlabMemory {
  readonly bytes = new Uint8Array(memorySize)
  readonly #view = new DataView(this.bytes.buffer)
  /** Where whole blocks lie in nearly every torrent: for these, views are made once. */
  readonly #blocks: Array<Uint8Array | undefined> = Array.from({ length: Math.floor(memorySize / stride) })

  /** Writes a block's head; returns where the block itself goes. */
  prepare(piece: number, begin: number, at: number, length: number): Uint8Array {
    PieceHead.write(this.#view, at - PieceHead.size, piece, begin, length)
    const place = (at - PieceHead.size) / stride
    if (length !== Geometry.blockSize || !Number.isInteger(place)) return this.bytes.subarray(at, at + length)
    return (this.#blocks[place] ??= this.bytes.subarray(at, at + length))
  }
}

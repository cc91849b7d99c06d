/** A stream of messages and how it is cut into reads; and what it means, found without cutting anything. */
import { Frames } from "@unchoke/protocol"

export interface CutStream {
  /** How many pieces the torrent has. */
  readonly pieces: number
  /** Lengths of chunks, used again and again. */
  readonly lengths: ReadonlyArray<number>
  /** How many chunks arrive with each read. */
  readonly perRead: number
  readonly stream: Uint8Array
}

/** The first eight bytes say how the others are cut: number of pieces, chunks for each read, lengths of six chunks. */
export const fromBytes = (bytes: Uint8Array): CutStream => ({
  pieces: numbersOfPieces[(bytes[0] ?? 0) % numbersOfPieces.length]!,
  perRead: 1 + ((bytes[1] ?? 0) % 4),
  lengths: [1, ...bytes.subarray(2, 8)].map((length) => (length < 250 ? Math.max(1, length) : (length - 249) * 997)),
  stream: bytes.subarray(8),
})

const numbersOfPieces = [1, 2, 7, 8, 9, 100, 2000, 4099]

/** The reads that deliver the stream. */
export const reads = ({ lengths, perRead, stream }: CutStream): ReadonlyArray<ReadonlyArray<Uint8Array>> => {
  const reads: Array<Array<Uint8Array>> = [[]]
  for (let at = 0, turn = 0; at < stream.length; turn++) {
    const length = lengths[turn % lengths.length]!
    if (reads.at(-1)!.length === perRead) reads.push([])
    reads.at(-1)!.push(stream.subarray(at, at + length))
    at += length
  }
  return reads
}

/** The frames of the stream as a whole, up to one that is too long. */
export const frames = (stream: Uint8Array, pieces: number) => {
  const view = new DataView(stream.buffer, stream.byteOffset, stream.length)
  const frames: Array<Uint8Array> = []
  for (let at = 0; stream.length - at >= 4;) {
    const length = view.getUint32(at)
    const id = stream[at + 4]
    if (length > 0 && id === undefined) break
    const limit = length === 0 ? 0 : Frames.limitOf(id!, pieces)
    if (length > limit) return { frames, tooLong: { id, length, limit } }
    if (stream.length - at - 4 < length) break
    frames.push(stream.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return { frames, tooLong: undefined }
}

/**
 * Pieces, blocks and byte ranges: where each byte of a torrent lies.
 *
 * Pure arithmetic on lengths in bytes; it knows neither hashes nor what has been fetched.
 */

/** What one `request` asks for, in bytes; only the last block of a piece is shorter (BEP 3 as every client reads it). */
export const blockSize = 16_384

/** The shape of a torrent's data: `length` bytes cut into `pieces` pieces of `pieceLength` bytes, the last one shorter. */
export interface Geometry {
  readonly pieceLength: number
  readonly length: number
  readonly pieces: number
}

/** The geometry of `length` bytes in pieces of `pieceLength` bytes (both in bytes, `pieceLength` ≥ 1). */
export const make = (pieceLength: number, length: number): Geometry => ({
  pieceLength,
  length,
  pieces: Math.ceil(length / pieceLength),
})

/** Where a piece begins in the torrent's data, in bytes. */
export const pieceStart = (self: Geometry, piece: number): number => piece * self.pieceLength

/** The length of a piece in bytes: `pieceLength`, or what is left for the last one. */
export const pieceSize = (self: Geometry, piece: number): number =>
  piece === self.pieces - 1 ? self.length - pieceStart(self, piece) : self.pieceLength

/** How many blocks a piece has. */
export const blocksIn = (self: Geometry, piece: number): number => Math.ceil(pieceSize(self, piece) / blockSize)

/** The length of a block in bytes: 16 KiB, or what is left for the last one of a piece. */
export const blockLength = (self: Geometry, piece: number, block: number): number =>
  Math.min(blockSize, pieceSize(self, piece) - block * blockSize)

/** Something that occupies `length` bytes of the torrent's data from `offset` on: a file. */
export interface Extent {
  readonly offset: number
  readonly length: number
}

/** A run of bytes that lies within one extent: `length` bytes from `within` on, found at `at` of the range asked for. */
export interface Span<E extends Extent> {
  readonly extent: E
  readonly within: number
  readonly at: number
  readonly length: number
}

/**
 * The spans of consecutive, ascending `extents` that `length` bytes from `start` on fall into. Empty extents yield no span.
 * Logarithmic in the number of extents plus the number of spans.
 */
export const spans = <E extends Extent>(extents: ReadonlyArray<E>, start: number, length: number): Array<Span<E>> => {
  const found: Array<Span<E>> = []
  const end = start + length
  for (let i = firstEndingAfter(extents, start); i < extents.length; i++) {
    const extent = extents[i]!
    if (extent.offset >= end) break
    const from = Math.max(start, extent.offset)
    const to = Math.min(end, extent.offset + extent.length)
    if (to > from) found.push({ extent, within: from - extent.offset, at: from - start, length: to - from })
  }
  return found
}

const firstEndingAfter = (extents: ReadonlyArray<Extent>, start: number): number => {
  let low = 0
  let high = extents.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const extent = extents[middle]!
    if (extent.offset + extent.length > start) high = middle
    else low = middle + 1
  }
  return low
}

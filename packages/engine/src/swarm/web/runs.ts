/** Blocks side by side, to be asked for together. */
import { Geometry, type PeerMessage } from "@unchoke/protocol"

type Request = PeerMessage.Of<"Request">

/** Bytes of the torrent's data without a gap: whole blocks. */
export interface Run {
  readonly start: number
  readonly length: number
  readonly blocks: ReadonlyArray<Request>
}

/** Where a block begins in the torrent's data. */
export const startOf = (geometry: Geometry.Geometry, { begin, piece }: Pick<Request, "begin" | "piece">): number =>
  Geometry.pieceStart(geometry, piece) + begin

/** The fewest runs that these blocks are, in the order of the data. */
export const runsOf = (geometry: Geometry.Geometry, blocks: ReadonlyArray<Request>): ReadonlyArray<Run> => {
  const runs: Array<{ readonly start: number; length: number; readonly blocks: Array<Request> }> = []
  for (const block of blocks.toSorted((a, b) => startOf(geometry, a) - startOf(geometry, b))) {
    const start = startOf(geometry, block)
    const last = runs.at(-1)
    if (last !== undefined && last.start + last.length === start) {
      last.length += block.length
      last.blocks.push(block)
    } else runs.push({ start, length: block.length, blocks: [block] })
  }
  return runs
}

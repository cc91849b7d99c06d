/** What a torrent of the benchmarks is like from outside: its files and its pieces. The bytes are always those of `Content`. */

export interface Shape {
  /** In bytes. */
  readonly pieceLength: number
  /** How many files of how many bytes each; one file is a single-file torrent. */
  readonly files: { readonly count: number; readonly length: number }
}

/** The name of every torrent's file or folder. */
export const contentName = "content"

export const KiB = 1024
export const MiB = 1024 * KiB
export const GiB = 1024 * MiB

export const single = (length: number, pieceLength: number): Shape => ({ pieceLength, files: { count: 1, length } })

/** In bytes. */
export const totalLength = ({ files }: Shape) => files.count * files.length

export const pieces = (shape: Shape) => Math.ceil(totalLength(shape) / shape.pieceLength)

/** Below the torrent's name; a hundred files to a folder. Empty for a single file, which is the name itself. */
export const filePath = ({ files }: Shape, index: number): ReadonlyArray<string> =>
  files.count === 1 ? [] : [`folder ${Math.floor(index / 100)}`, `file ${index % 100}.bin`]

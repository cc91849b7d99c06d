/** A file that can be had over HTTP. */
import type { Stream } from "effect"

export interface ServedFile {
  readonly number: number
  /** Below the torrent's folder, or that of a torrent that is one file. */
  readonly path: ReadonlyArray<string>
  /** In bytes. */
  readonly length: number
  /** What it is: another one for other bytes. */
  readonly tag: string
  readonly read: (range: { readonly offset: number; readonly length: number }) => Stream.Stream<Uint8Array, unknown>
}

/** Where a file is, below the server's address: its number tells which it is, its name is for people and players. */
export const pathOf = ({ number, path }: ServedFile): string => `/${number}/${encodeURIComponent(path.at(-1)!)}`

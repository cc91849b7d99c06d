/** What happens while a torrent is made of files. */
import type { FileStamp } from "./storage/PieceStore.ts"
import type { Torrent } from "./Torrent.ts"

/**
 * - `Omitted`: something in the folder that is not in the torrent
 * - `Renamed`: what others will call a file, since its own name is not one that every disk keeps apart
 * - `Found`: what is going to be hashed
 * - `Hashed`: so many bytes are done, of all
 * - `Created`: the last one
 */
export type CreationEvent =
  | { readonly _tag: "Omitted"; readonly path: string; readonly why: Omission }
  | { readonly _tag: "Renamed"; readonly path: string; readonly name: string }
  | {
      readonly _tag: "Found"
      readonly name: string
      readonly files: number
      readonly links: number
      /** Bytes. */
      readonly length: number
      readonly pieceLength: number
      readonly pieces: number
    }
  | { readonly _tag: "Hashed"; readonly bytes: number; readonly length: number }
  | ({ readonly _tag: "Created" } & Created)

/** The torrent that was made, and what was seen on the way. */
export interface Created {
  /** As a `.torrent` file. */
  readonly bytes: Uint8Array
  readonly torrent: Torrent
  /** The same torrent, its files called as they are on the disk below `folder`: what can be seeded from there. */
  readonly content: { readonly torrent: Torrent; readonly folder: string; readonly seen: ReadonlyArray<FileStamp> }
}

/** Why something is left out. */
export type Omission =
  | "it is a pipe, a socket or a device"
  | "it is a link that leads out of the folder"
  | "it is a link that leads nowhere"
  | "it is a link that leads in a circle"
  | "it is the torrent that is to be written"

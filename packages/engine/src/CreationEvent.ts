/** What happens while a torrent is made of files. */
import type { FileStamp } from "./storage/PieceStore.ts"
import type { Torrent } from "./Torrent.ts"

/** In this order; the last is `Created`. */
export type CreationEvent = Omitted | Renamed | FoundContent | Hashed | ({ readonly _tag: "Created" } & Created)

/** Something in the folder is not in the torrent. */
export interface Omitted {
  readonly _tag: "Omitted"
  /** Below the folder. */
  readonly path: string
  /** Why it is left out. */
  readonly why: Omission
}

/** A file is called something else in the torrent, since its own name is not one that every disk keeps apart. */
export interface Renamed {
  readonly _tag: "Renamed"
  /** Below the folder. */
  readonly path: string
  /** What others will call it. */
  readonly name: string
}

/** It is known what is going to be hashed. */
export interface FoundContent {
  readonly _tag: "Found"
  /** What the torrent will be called. */
  readonly name: string
  /** How many files it has. */
  readonly files: number
  /** How many symbolic links it has. */
  readonly links: number
  /** Bytes in all. */
  readonly length: number
  /** Bytes of a piece. */
  readonly pieceLength: number
  /** How many pieces these are. */
  readonly pieces: number
}

/** So much is hashed. */
export interface Hashed {
  readonly _tag: "Hashed"
  /** Bytes that are done. */
  readonly bytes: number
  /** Bytes in all. */
  readonly length: number
}

/** The torrent. */
export interface Created {
  /** As a `.torrent` file. */
  readonly bytes: Uint8Array
  /** As it is downloaded and seeded by others. */
  readonly torrent: Torrent
  /** The same torrent, its files called as they are on the disk below `folder`: what can be seeded from there. */
  readonly content: {
    /** Its files called as they are on the disk. */
    readonly torrent: Torrent
    /** The folder in which the torrent's file or folder is. */
    readonly folder: string
    /** How the files were when they were read: what is still so is not read again. */
    readonly seen: ReadonlyArray<FileStamp>
  }
}

/** Why something is left out. */
export type Omission =
  | "it is a pipe, a socket or a device"
  | "it is a link that leads out of the folder"
  | "it is a link that leads nowhere"
  | "it is a link that leads in a circle"
  | "it is the torrent that is to be written"

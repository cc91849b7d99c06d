/** What the compliance suite needs to know of a piece store: the store, and a look at its disk from outside. */
import type { Effect, Scope } from "effect"
import type { PieceStore } from "@unchoke/engine"

export interface StoreAdapter {
  /** How many cases each property is tried with. */
  readonly runs: number
  /** A store on an empty disk. */
  readonly make: Effect.Effect<
    {
      readonly store: PieceStore["Service"]
      /** A folder to download into; it does not exist yet. */
      readonly folder: string
      readonly disk: Disk
    },
    never,
    Scope.Scope
  >
}

/** Paths are those of the torrent's files below the folder. */
export interface Disk {
  readonly put: (path: ReadonlyArray<string>, bytes: Uint8Array) => void
  readonly remove: (path: ReadonlyArray<string>) => void
  readonly get: (path: ReadonlyArray<string>) => Uint8Array | undefined
  /** What a symbolic link there says, as the path of the torrent's file that it leads to. */
  readonly link: (path: ReadonlyArray<string>) => string | undefined
  /** Everything that there is, files and folders alike. */
  readonly list: () => ReadonlyArray<string>
}

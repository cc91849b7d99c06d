/**
 * What torrents are that were begun by a link: the bytes of `info` (BEP 9), kept beside what is remembered of a download.
 *
 * None of it is in a download's way: what can't be read is not known, what can't be written is not kept. Unless a program provides something else, nothing is kept.
 */
import { Context, Effect } from "effect"

/** Where the descriptions of torrents are kept between two downloads by link. */
export interface Descriptions {
  /** What was kept in this folder, if its hash is this. */
  readonly recall: (infoHash: Uint8Array, folder: string) => Effect.Effect<Uint8Array | undefined>
  /** To be called when the folder is there. */
  readonly keep: (infoHash: Uint8Array, folder: string, info: Uint8Array) => Effect.Effect<void>
  /** All of the torrent is there: nothing needs to be remembered. */
  readonly forget: (infoHash: Uint8Array, folder: string) => Effect.Effect<void>
}

/** The one that a program has provided; otherwise nothing is kept. */
export const Descriptions = Context.Reference<Descriptions>("unchoke/Descriptions", {
  defaultValue: () => ({ recall: () => Effect.undefined, keep: () => Effect.void, forget: () => Effect.void }),
})

/**
 * The `PieceStore` port in memory: a disk that a test can fill, slow down and break, and that remembers what was written.
 *
 * Its files live as long as the layer, so a torrent that is opened again finds what was stored before. A lent buffer is full of rubbish, as on a disk that
 * reuses its buffers. As on a real one, a file that needs more than one piece is called `<name>.part` until it is complete, and what is not the torrent's
 * is refused.
 */
import { Context, Effect, Layer } from "effect"
import { PieceStore } from "@unchoke/engine"
import { MemoryDisk } from "./memory/MemoryDisk.ts"
import type { Options } from "./memory/Options.ts"

export type { Options } from "./memory/Options.ts"

/** What is on the disk, and what happened to it. */
export class MemoryPieceStore extends Context.Service<
  MemoryPieceStore,
  {
    /** By path; a test may change them. */
    readonly files: Map<string, Uint8Array>
    /** The symbolic links, and the path that each leads to. */
    readonly links: ReadonlyMap<string, string>
    /** How often each piece was verified and written. */
    readonly stored: ReadonlyMap<number, number>
    /** How often something was read to be served. */
    readonly reads: () => number
    /** How many buffers are out. */
    readonly lent: () => number
  }
>()("@unchoke/testkit/MemoryPieceStore") {}

/** A disk of its own for each time the layer is built. */
export const layer = (options: Options = {}): Layer.Layer<PieceStore | MemoryPieceStore> =>
  Layer.effectContext(
    Effect.sync(() => {
      const disk = new MemoryDisk(options)
      return Context.make(PieceStore, {
        open: (torrent, folder, options) =>
          Effect.map(Effect.scope, (scope) => disk.open(torrent, folder, options, scope)),
      }).pipe(
        Context.add(MemoryPieceStore, {
          files: disk.files,
          links: disk.links,
          stored: disk.stored,
          reads: () => disk.reads,
          lent: () => disk.lent,
        }),
      )
    }),
  )

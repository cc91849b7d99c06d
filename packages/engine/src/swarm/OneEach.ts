/** Torrents that are in hand, and what there is for each: none of them twice, and none behind its scope. */
import { Effect, type Scope } from "effect"
import * as Hex from "effect/encoding/Hex"
import { AlreadyRunning } from "./AlreadyRunning.ts"

/** A torrent as it is called. */
export interface Named {
  readonly infoHash: Uint8Array
  readonly name: string
}

export class OneEach<A> {
  readonly #here = new Map<string, { readonly torrent: Named; readonly what: A }>()

  /** What there is for the torrent with this info hash. */
  find(infoHash: Uint8Array): A | undefined {
    return this.#here.get(Hex.encode(infoHash))?.what
  }

  /** Of which torrents. */
  get infoHashes(): ReadonlyArray<Uint8Array> {
    return Array.from(this.#here.values(), ({ torrent }) => torrent.infoHash)
  }

  /** Has the torrent in hand until the scope ends; fails when it is already. */
  enter(torrent: Named, what: A): Effect.Effect<void, AlreadyRunning, Scope.Scope> {
    const infoHash = Hex.encode(torrent.infoHash)
    return Effect.acquireRelease(
      Effect.suspend(() => {
        if (this.#here.has(infoHash)) return Effect.fail(new AlreadyRunning({ torrent: torrent.name, infoHash }))
        return Effect.sync(() => void this.#here.set(infoHash, { torrent, what }))
      }),
      () => Effect.sync(() => this.#here.delete(infoHash)),
    )
  }
}

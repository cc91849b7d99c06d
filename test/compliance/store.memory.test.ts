/** The testkit's disk in memory. */
import { MemoryPieceStore } from "@unchoke/testkit"
import { Context, Effect, Layer } from "effect"
import { PieceStore } from "@unchoke/engine"
import { choosingCompliance } from "./choosing.ts"
import type { StoreAdapter } from "./StoreAdapter.ts"
import { storeCompliance } from "./store.ts"

const memory: StoreAdapter = {
  runs: 100,
  make: Effect.gen(function* () {
    const context = yield* Layer.build(MemoryPieceStore.layer())
    const { files, links } = Context.get(context, MemoryPieceStore.MemoryPieceStore)
    const key = (path: ReadonlyArray<string>) => ["downloads", ...path].join("/")
    return {
      store: Context.get(context, PieceStore),
      folder: "downloads",
      disk: {
        put: (path, bytes) => void files.set(key(path), bytes),
        remove: (path) => void files.delete(key(path)),
        get: (path) => files.get(key(path)),
        link: (path) => links.get(key(path)),
        list: () => [...files.keys()],
      },
    }
  }),
}

storeCompliance("a disk in memory", memory)
choosingCompliance("a disk in memory", memory)

/** The store on real files, with the work done in this thread, in a worker, and wherever it is done best. */
import { NodePieceStore } from "@unchoke/node"
import { Context, Effect, Layer } from "effect"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { PieceStore } from "@unchoke/engine"
import * as InlineDisk from "../../packages/node/src/InlineDisk.ts"
import * as WorkerDisk from "../../packages/node/src/WorkerDisk.ts"
import type { StoreAdapter } from "./StoreAdapter.ts"
import { choosingCompliance } from "./choosing.ts"
import { storeCompliance } from "./store.ts"

const compliance = (name: string, adapter: StoreAdapter) => {
  storeCompliance(name, adapter)
  choosingCompliance(name, adapter)
}

const adapter = (layer: Layer.Layer<PieceStore>, runs = 40): StoreAdapter => ({
  runs,
  make: Effect.gen(function* () {
    const parent = yield* Effect.acquireRelease(
      Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "unchoke-store-"))),
      (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true })),
    )
    const folder = Path.join(parent, "downloads", "here")
    const at = (path: ReadonlyArray<string>) => Path.join(folder, ...path)
    return {
      store: Context.get(yield* Layer.build(layer), PieceStore),
      folder,
      disk: {
        put: (path, bytes) => {
          Fs.mkdirSync(Path.dirname(at(path)), { recursive: true })
          Fs.writeFileSync(at(path), bytes)
        },
        remove: (path) => Fs.rmSync(at(path)),
        get: (path) => (Fs.existsSync(at(path)) ? new Uint8Array(Fs.readFileSync(at(path))) : undefined),
        link: (path) => {
          if (Fs.lstatSync(at(path), { throwIfNoEntry: false })?.isSymbolicLink() !== true) return undefined
          return Path.relative(folder, Path.resolve(Path.dirname(at(path)), Fs.readlinkSync(at(path))))
        },
        list: () => Fs.readdirSync(parent, { recursive: true }).map(String),
      },
    }
  }),
})

compliance("NodePieceStore", adapter(NodePieceStore.layer))
compliance("NodePieceStore in this thread", adapter(NodePieceStore.layerOn(InlineDisk.make)))
// Each case starts a thread or two, at some 40 ms each.
compliance(
  "NodePieceStore in a worker",
  adapter(
    NodePieceStore.layerOn((layout) => WorkerDisk.make(layout)),
    15,
  ),
)

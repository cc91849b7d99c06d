/** Bundles the command and the demo into dist/: one file each, and a chunk for whatever is imported only when it is needed. No dependency is left but Node. */
import { rm } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"

const at = (path) => fileURLToPath(new URL(path, import.meta.url))

const bundle = await rolldown({
  input: { main: at("src/main.ts"), demo: at("src/demo.ts") },
  platform: "node",
  external: [/^node:/],
  treeshake: true,
  // A warning is a name that is not there, or worse.
  onLog: (level, log) => {
    if (level === "warn") throw new Error(log.message)
  },
  // From the sources: needs no `tsc -b` before.
  resolve: { conditionNames: ["source", "node", "import"] },
})
await rm(at("dist"), { recursive: true, force: true })
await bundle.write({
  dir: at("dist"),
  format: "esm",
  minify: true,
  entryFileNames: "[name].mjs",
  chunkFileNames: "[name]-[hash].mjs",
})
await bundle.close()

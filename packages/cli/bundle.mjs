/** Bundles the command and the demo into dist/: one file each, and a chunk for whatever is imported only when it is needed. No dependency is left but Node. */
import { rm } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"

const at = (path) => fileURLToPath(new URL(path, import.meta.url))

/**
 * Makes a table of ICU that effect/cli builds while it loads, 10 ms of every start, be built when it is first used. Fails where the line is no longer there.
 */
const lateSegmenter = {
  name: "late-segmenter",
  transform: {
    filter: { id: /effect\/dist\/cli\/CliOutput\.js$/ },
    handler(code) {
      const line = /const graphemeSegmenter = .*?(new Intl\.Segmenter\([^)]*\));?/s
      if (!line.test(code)) throw new Error("effect/cli builds its segmenter in another way now: see lateSegmenter")
      return code.replace(
        line,
        "let segmenter; const graphemeSegmenter = { segment: (text) => (segmenter ??= $1).segment(text) };",
      )
    },
  },
}

const bundle = await rolldown({
  input: { main: at("src/main.ts"), demo: at("src/demo.ts") },
  platform: "node",
  external: [/^node:/],
  treeshake: true,
  plugins: [lateSegmenter],
  // Bundlers for browsers put the environment there, and effect's settings look for it; Node has none.
  transform: { define: { "import.meta.env": "undefined" } },
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
  // Of Node's own modules a CommonJS program loads what it uses; importing one loads all that it could give, readline with node:fs and WebCrypto with node:crypto.
  format: "cjs",
  minify: true,
  entryFileNames: "[name].cjs",
  chunkFileNames: "[name]-[hash].cjs",
})
await bundle.close()

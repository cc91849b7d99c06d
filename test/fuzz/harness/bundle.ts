/** Bundles an entry and all that it imports into one file, with counters in the code under test only, not in the oracles. */
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"
import { countersName, instrument } from "./instrument.ts"

export interface Bundle {
  readonly file: string
  readonly blocks: number
  /** What the code under test compares its input with. */
  readonly words: ReadonlyArray<string>
}

/** Where the bundle and the grown corpora are kept; safe to delete. */
export const workFolder = fileURLToPath(new URL("../../../.tsbuild/fuzz/", import.meta.url))

/** `entry` is a module of this folder; the counters are in a global variable of that name. */
export const bundle = async (entry: string): Promise<Bundle> => {
  const file = `${workFolder}${entry.replace(/\.ts$/, ".mjs")}`
  let blocks = 0
  const words = new Set<string>()
  const build = await rolldown({
    input: fileURLToPath(new URL(entry, import.meta.url)),
    platform: "node",
    external: [/^node:/],
    resolve: { conditionNames: ["source", "node", "import"] },
    plugins: [
      {
        name: "instrument",
        transform: (code, id) => {
          if (!underTest.test(id)) return
          const instrumented = instrument(code, id, blocks)
          blocks += instrumented.blocks
          for (const word of instrumented.words) words.add(word)
          return { code: instrumented.code, map: null }
        },
      },
    ],
  })
  await build.write({
    file,
    format: "esm",
    sourcemap: "inline",
    codeSplitting: false,
    banner: () => `const ${countersName} = (globalThis.${countersName} = new Uint32Array(${blocks}));`,
  })
  await build.close()
  return { file, blocks, words: [...words] }
}

/** Our parsers, and those of others that they stand on: npm's bencode, Effect's names and addresses. */
const underTest =
  /\/packages\/(?:protocol\/src\/|dht\/src\/|engine\/src\/(?:peer\/Wire|pieces\/Orders|sources\/trackers\/localAddress)\.ts)|\/node_modules\/(?:bencode|uint8-util|effect\/dist\/net)\//

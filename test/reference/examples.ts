/**
 * Every block of TypeScript in a README or in a docstring has types, against what is built: each is a module of its own, as somebody would paste it.
 *
 * The files of `examples/` are compiled with the tests.
 */
import { execFileSync } from "node:child_process"
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { packages, root } from "./packages.ts"

/** Below the root, so that a block finds what it imports. */
const folder = join(root, ".tsbuild/examples")

const fenced = /^```ts\n([\s\S]*?)^```$/gm

const blocksIn = (text: string): ReadonlyArray<string> => Array.from(text.matchAll(fenced), ([, block]) => block!)

/** Docstrings without their stars. */
const prose = (source: string): string =>
  Array.from(source.matchAll(/\/\*\*[\s\S]*?\*\//g), ([comment]) => comment.replace(/^ *\* ?/gm, "")).join("\n")

const pages = ["README.md", ...packages.map(({ folder }) => `${folder}/README.md`)].map((page) => ({
  from: page,
  blocks: blocksIn(readFileSync(join(root, page), "utf8")),
}))
const sources = packages
  .flatMap((of) => globSync(`${of.folder}/src/**/*.ts`, { cwd: root }))
  .map((file) => ({ from: file, blocks: blocksIn(prose(readFileSync(join(root, file), "utf8"))) }))

rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
let written = 0
for (const { blocks, from } of [...pages, ...sources]) {
  for (const [at, block] of blocks.entries()) {
    writeFileSync(join(folder, `${from.replace(/[/.]/g, "_")}_${at + 1}.ts`), `// ${from}\n${block}`)
    written++
  }
}
writeFileSync(
  join(folder, "tsconfig.json"),
  JSON.stringify({
    extends: "../../tsconfig.base.json",
    compilerOptions: { noEmit: true, composite: false, noUnusedLocals: false, types: ["node"] },
    include: ["*.ts"],
  }),
)

if (pages[0]!.blocks.length === 0 || sources.every(({ blocks }) => blocks.length === 0)) {
  console.error("the README and the docstrings have examples; none was found")
  process.exitCode = 1
} else {
  try {
    execFileSync(join(root, "node_modules/.bin/tsc"), ["-p", folder], { stdio: ["ignore", "inherit", "inherit"] })
    console.log(`${written} examples have types`)
  } catch {
    process.exitCode = 1
  }
}

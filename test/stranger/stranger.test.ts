/** What somebody does who has nothing but the packages: install them, check types, run the README's program and the examples, bundle it, and run the command. */
import { Content, LoopbackTracker } from "@unchoke/testkit"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import { NetAddress } from "effect/net"
import { spawn } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { afterAll, beforeAll } from "vitest"
import { packInto } from "./packed.ts"
import * as Project from "./Project.ts"

const root = join(import.meta.dirname, "../..")
const tarballs = mkdtempSync(join(tmpdir(), "unchoke-packed-"))
afterAll(() => rmSync(tarballs, { recursive: true, force: true }))
const packed = packInto(tarballs)

/** The oldest and the newest Node that the packages are for. */
const nodes = { oldest: "node@22.19.0", newest: "node@26" }

const succeeds = (project: Project.Project, command: string, args: ReadonlyArray<string>, node?: string) =>
  Effect.map(project.run(command, args, node), ({ code, said }) => {
    assert.strictEqual(code, 0, `${command} ${args.join(" ")}\n${said}`)
    return said
  })

/** Of effect the newest that the packages allow. */
const others = [
  "effect@^4.1.0",
  "@effect/platform-node@^4.1.0",
  "typescript@7",
  "@types/node@24",
  "esbuild@0.28.2",
  "rolldown@1.3.2",
  "bun@1.4.5",
  "deno@2.9.6",
]

/** What runs the program and the command, below `node_modules`. */
const runtimes = [
  ["the oldest Node", "oldest/bin/node", "--experimental-strip-types"],
  ["the newest Node", "newest/bin/node"],
  ["Bun", ".bin/bun"],
  ["Deno", ".bin/deno", "run", "--allow-all"],
] as const

/** A project with the packages, a compiler, bundlers and these Nodes, made once: it takes its time. */
const scope = Scope.makeUnsafe()
let project: Project.Project
beforeAll(() =>
  Effect.runPromise(
    Effect.gen(function* () {
      project = yield* Project.make
      yield* succeeds(project, "npm", [
        "install",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
        ...packed.map(({ file }) => file),
        ...others,
        ...Object.entries(nodes).map(([name, version]) => `${name}@npm:${version}`),
      ])
    }).pipe(Effect.provideService(Scope.Scope, scope)),
  ),
)
afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

/** Larger than what is written without a thread for the disk. */
const pieces = 65
const pieceLength = 4 << 20
const content = Content.make({ name: "ubuntu.iso", files: pieces * pieceLength, pieceLength })

/** A torrent that a tracker on loopback knows a seed of. */
const world = Effect.gen(function* () {
  const named: Array<NetAddress.InetAddress> = []
  const tracker = yield* LoopbackTracker.make({ peers: named })
  const { data, torrent } = content
  const { bytes } = Content.make({ name: torrent.name, files: data.length, pieceLength, announce: tracker.announceUrl })
  const seed = yield* Project.make
  yield* seed.write("ubuntu.torrent", content.bytes)
  yield* seed.write(torrent.name, data)
  const port = yield* seeding(seed.folder)
  named.push(NetAddress.inetAddressFromStringUnsafe(`127.0.0.1:${port}`))
  return { torrent: bytes, peers: named.map(NetAddress.formatInet) }
})

/** The port of a seed of what is in the folder. */
const seeding = (folder: string) =>
  Effect.gen(function* () {
    const args = ["seed", "ubuntu.torrent", "--json", "--no-tracker", "--port", "0"]
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(process.execPath, [join(root, "packages/cli/bin/unchoke.js"), ...args], {
          cwd: folder,
          stdio: ["ignore", "pipe", "inherit"],
        }),
      ),
      (child) => Effect.sync(() => child.kill()),
    )
    return yield* Effect.callback<number>((resume) => {
      createInterface(child.stdout).on("line", (line) => {
        const event = JSON.parse(line) as { readonly _tag: string; readonly port: number }
        if (event._tag === "Listening") resume(Effect.succeed(event.port))
      })
      child.once("exit", (code) => resume(Effect.die(new Error(`the seed ended with ${code}`))))
    })
  })

/** The first program of a page; of the README, of the part that is for programs. */
const programIn = (page: string): string => {
  const text = readFileSync(join(root, page), "utf8")
  return /```ts\n([\s\S]*?)```/.exec(text.slice(Math.max(0, text.indexOf("\n## Embed it\n"))))![1]!
}

const isComplete = ({ folder }: Project.Project) => {
  const downloads = join(folder, "downloads")
  assert.isTrue(readFileSync(join(downloads, content.torrent.name)).equals(content.data))
  rmSync(downloads, { recursive: true })
}

/** What esbuild's users put before a bundle in which a CommonJS module asks for one of Node's. */
const required = 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);'

describe("the packages", () => {
  it("have what they need and nothing else", () => {
    for (const { files, name } of packed) {
      for (const needed of ["package.json", "README.md", "LICENSE"]) assert.include(files, needed, name)
      const isCommand = name === "@unchoke/cli"
      const known = isCommand
        ? /^(bin\/\w+\.(js|json)|dist\/[\w.-]+\.cjs)$/
        : /^(src\/.*\.ts|dist\/.*\.(js|d\.ts)(\.map)?|bin\/\w+\.(js|json))$/
      const odd = files.filter((file) => !["package.json", "README.md", "LICENSE"].includes(file) && !known.test(file))
      assert.deepStrictEqual(odd, [], name)
      if (!isCommand) for (const needed of ["dist/index.js", "dist/index.d.ts"]) assert.include(files, needed, name)
    }
    assert.include(packed.find(({ name }) => name === "unchoke")!.files, "bin/unchoke.js")
  })
})

describe("in an empty project", () => {
  it.live("the programs of the README and the examples have types, with those of a browser and without", () =>
    Effect.gen(function* () {
      yield* project.write("readme.ts", programIn("README.md"))
      yield* project.write("front.ts", programIn("packages/unchoke/README.md"))
      yield* project.write("kit.ts", programIn("packages/testkit/README.md"))
      const examples = readdirSync(join(root, "examples")).filter((name) => name.endsWith(".ts"))
      for (const name of examples) yield* project.write(name, readFileSync(join(root, "examples", name)))
      const strict =
        "tsc --noEmit --strict --exactOptionalPropertyTypes --module nodenext --target es2024 --types node --lib".split(
          " ",
        )
      const files = ["readme.ts", "front.ts", "kit.ts", ...examples]
      yield* succeeds(project, "npx", [...strict, "es2024,dom", ...files])
      yield* succeeds(project, "npx", [...strict, "es2024", "--skipLibCheck", ...files])
      // Effect's own declarations need a browser's types; ours do not.
      const { said } = yield* project.run("npx", [...strict, "es2024", ...files])
      assert.notMatch(said, /node_modules\/@?unchoke|^\w+\.ts/m)
    }),
  )

  for (const [name, file, ...flags] of runtimes) {
    it.live(`the README's program and the command run with ${name}`, () =>
      Effect.gen(function* () {
        const { peers, torrent } = yield* world
        const runs = (...args: ReadonlyArray<string>) =>
          succeeds(project, join(project.folder, "node_modules", file), [...flags, ...args])
        yield* project.write("program.ts", `${programIn("README.md")}\n`)
        yield* project.write("ubuntu.torrent", torrent)
        const said = yield* runs("program.ts")
        assert.include(said, `${pieces} of ${pieces} pieces`)
        assert.notMatch(said, /error/i)
        isComplete(project)
        const command = "node_modules/unchoke/bin/unchoke.js"
        const peer = ["--no-tracker", "--peer", peers[0]!]
        assert.include(yield* runs(command, "probe", "ubuntu.torrent", ...peer), "would give us the file")
        assert.include(yield* runs(command, "download", "ubuntu.torrent", ...peer, "--output", "downloads"), "Done.")
        isComplete(project)
      }).pipe(Effect.scoped),
    )
  }

  it.live("npx unchoke is the command", () =>
    Effect.gen(function* () {
      assert.match(yield* succeeds(project, "npx", ["unchoke", "--version"]), /unchoke v?\d+\.\d+\.\d+/)
    }),
  )

  for (const [bundler, ...args] of [
    ["esbuild", "--bundle", "--platform=node", "--format=esm", `--banner:js=${required}`, "--outdir=bundled"],
    ["rolldown", "--platform", "node", "--format", "esm", "--dir", "bundled"],
  ] as const) {
    for (const names of [[], ["--keep-names"]]) {
      it.live(`bundled by ${bundler} and minified ${names.join("")} its disk thread runs`, () =>
        Effect.gen(function* () {
          const { torrent } = yield* world
          yield* project.write("ubuntu.torrent", torrent)
          const watching = 'process.on("worker", () => console.log("a thread"))'
          yield* project.write("bundle.ts", `${watching}\n${programIn("README.md")}\n`)
          yield* succeeds(project, "npx", [bundler, "bundle.ts", "--minify", ...names, ...args])
          const said = yield* succeeds(project, process.execPath, ["bundled/bundle.js"])
          assert.include(said, "a thread")
          assert.include(said, `${pieces} of ${pieces} pieces`)
          isComplete(project)
        }).pipe(Effect.scoped),
      )
    }
  }

  it.live("pnpm, which lets nobody import what it has not named, installs it, and the program runs", () =>
    Effect.gen(function* () {
      const project = yield* Project.make
      const { torrent } = yield* world
      const files = Object.fromEntries(packed.map(({ file, name }) => [name, `file:${file}`]))
      const dependencies = { unchoke: files["unchoke"], effect: "^4.1.0", "@effect/platform-node": "^4.1.0" }
      yield* project.write("package.json", JSON.stringify({ private: true, type: "module", dependencies }))
      const lines = Object.entries(files).map(([name, file]) => `  "${name}": "${file}"\n`)
      yield* project.write("pnpm-workspace.yaml", `overrides:\n${lines.join("")}`)
      yield* succeeds(project, "npx", ["--yes", "pnpm@10", "install", "--ignore-scripts"])
      yield* project.write("program.ts", `${programIn("README.md")}\n`)
      yield* project.write("ubuntu.torrent", torrent)
      assert.include(yield* succeeds(project, process.execPath, ["program.ts"]), `${pieces} of ${pieces} pieces`)
      isComplete(project)
    }).pipe(Effect.scoped),
  )
})

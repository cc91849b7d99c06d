/** What `npm ci` leaves: the command as a user starts it. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Content, LoopbackSwarm, Script } from "@unchoke/testkit"
import { assert, layer } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { NetAddress } from "effect/net"
import { join } from "node:path"
import { Self } from "unchoke"
import { entry, run, start, unchoke } from "./process.ts"

const temporary = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped({ prefix: "unchoke-cli-" }))

layer(NodeServices.layer, { excludeTestServices: true, timeout: "30 seconds" })("the built command", (it) => {
  it.effect("knows its version", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* unchoke(["--version"]), {
        code: 0,
        stdout: `unchoke ${Self.version}\n`,
        stderr: "",
      })
    }),
  )

  it.effect("tells a Node that is too old so, in one sentence", () =>
    Effect.gen(function* () {
      for (const [version, ran] of [
        ["10.0.0", false],
        ["20.20.2", false],
        ["22.18.9", false],
        ["22.19.0", true],
        ["26.0.0", true],
      ] as const) {
        const pretend = `Object.defineProperty(process.versions, "node", { value: "${version}" }); process.argv.push("unchoke", "--version"); require(${JSON.stringify(entry)})`
        const { code, stderr } = yield* run(process.execPath, ["-e", pretend])
        assert.strictEqual(code, ran ? 0 : 1, version)
        assert.strictEqual(stderr, ran ? "" : `unchoke needs Node.js 22.19 or newer; this is ${version}.\n`)
      }
    }),
  )

  it.effect("says when it is not built", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const copy = join(yield* temporary, "bin", "unchoke.cjs")
      yield* fs.makeDirectory(join(copy, ".."))
      yield* fs.copyFile(entry, copy)
      const { code, stderr } = yield* run(process.execPath, [copy, "--version"])
      assert.strictEqual(code, 1)
      assert.strictEqual(stderr, "unchoke is not built yet: run `npm run build` in its folder.\n")
    }),
  )

  it.effect("remembers how it was compiled when a command went well, and takes nothing else for it", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const root = yield* temporary
      yield* fs.copy(join(entry, "../.."), root)
      const cache = join(root, "dist", ".cache")
      yield* fs.remove(cache, { recursive: true, force: true })
      const copy = join(root, "bin", "unchoke.js")
      const version = (file: string) => run(process.execPath, [file, "--version"])

      assert.strictEqual((yield* run(process.execPath, [copy, "show", "nothing.torrent"])).code, 4)
      assert.isFalse(yield* fs.exists(cache))
      const first = yield* version(copy)
      const files = (yield* fs.readDirectory(cache, { recursive: true })).filter((name) => name.endsWith("main.cjs"))
      assert.strictEqual(files.length, 1)
      const file = join(cache, files[0]!)
      const made = yield* fs.readFile(file)
      for (const bytes of [new Uint8Array(0), made.subarray(0, made.length / 2), made.map((byte) => byte ^ 0xff)]) {
        yield* fs.writeFile(file, bytes)
        assert.deepStrictEqual(yield* version(copy), first)
        assert.notDeepEqual(yield* fs.readFile(file), bytes)
      }
    }),
  )

  it.effect("Ctrl-C ends it with 130, and the next run goes on", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* temporary
      const content = Content.make({ name: "film.mkv", files: 20 * 65_536, pieceLength: 65_536 })
      yield* fs.writeFile(join(folder, "film.torrent"), content.bytes)
      const download = Effect.fnUntraced(function* (script: Script.Script) {
        const swarm = yield* LoopbackSwarm.start(content, [{ script }])
        const peers = swarm.addresses.flatMap((address) => ["--peer", NetAddress.formatInet(address)])
        const process_ = yield* start(process.execPath, [entry, "download", "film.torrent", ...peers], { cwd: folder })
        return { swarm, ...process_ }
      })
      const first = yield* download(Script.stallAfter(28))
      const served = Effect.delay(
        Effect.sync(() => first.swarm.served.length),
        20,
      )
      yield* Effect.repeat(served, { until: (blocks) => blocks === 28 })
      yield* Effect.sleep(200)
      yield* first.interrupt
      const stopped = yield* first.finished
      assert.strictEqual(stopped.code, 130)
      assert.include(stopped.stderr, "Stopped with 448 KiB of 1.25 MiB verified")

      const second = yield* download(Script.good)
      const done = yield* second.finished
      assert.strictEqual(done.code, 0, done.stderr)
      assert.include(done.stderr, "448 KiB of 1.25 MiB are there already.")
      assert.match(done.stdout, /^Done\. /)
      assert.isTrue(Buffer.from(yield* fs.readFile(join(folder, "film.mkv"))).equals(content.data))
    }),
  )

  it.effect("ends quietly when nobody reads on", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* temporary
      const many = Content.make({
        files: Array.from({ length: 20_000 }, (_, at) => ({ path: [`a file with a name ${at}`], length: 10 })),
      })
      yield* fs.writeFile(join(folder, "many.torrent"), many.bytes)
      const line = `"${process.execPath}" "${entry}" show --files many.torrent | head -n 1; echo "code \${PIPESTATUS[0]}"`
      const { stderr, stdout } = yield* run("bash", ["-c", line], { cwd: folder })
      assert.strictEqual(stderr, "")
      assert.strictEqual(stdout, "content.bin\ncode 141\n")
    }),
  )

  it.effect("colours nothing that is no terminal, unless asked; NO_COLOR has the last word", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const torrent = join(yield* temporary, "film.torrent")
      yield* fs.writeFile(torrent, Content.make({ files: 10 }).bytes)
      const escapes = Effect.fnUntraced(function* (env: NodeJS.ProcessEnv) {
        return (yield* unchoke(["show", torrent], env)).stdout.includes("\u001b")
      })
      assert.isFalse(yield* escapes({}))
      assert.isTrue(yield* escapes({ FORCE_COLOR: "1" }))
      assert.isFalse(yield* escapes({ FORCE_COLOR: "1", NO_COLOR: "1" }))
      assert.isFalse(yield* escapes({ FORCE_COLOR: "1", TERM: "dumb" }))
    }),
  )

  it.effect("prints completions that the shell accepts", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      for (const shell of ["bash", "zsh", "fish"]) {
        const { code, stdout } = yield* unchoke(["--completions", shell])
        assert.strictEqual(code, 0)
        for (const word of ["download", "probe", "show", "verify", "strategy"]) assert.include(stdout, word)
        if (shell !== "bash") continue
        const script = join(yield* temporary, "completions")
        yield* fs.writeFileString(script, stdout)
        assert.deepStrictEqual(yield* run("bash", ["-n", script]), { code: 0, stdout: "", stderr: "" })
      }
    }),
  )
})

/** What `npm ci` leaves: the command as a user starts it. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Content, LoopbackSwarm, Script } from "@unchoke/testkit"
import { assert, layer } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { NetAddress } from "effect/net"
import { join } from "node:path"
import { Self } from "@unchoke/engine/internal"
import { entry, run, start, unchoke } from "./process.ts"

const temporary = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped({ prefix: "unchoke-cli-" }))

layer(NodeServices.layer, { excludeTestServices: true, timeout: "30 seconds" })("the built command", (it) => {
  it.effect("knows its version", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* unchoke(["--version"]), {
        code: 0,
        signal: null,
        stdout: `unchoke ${Self.version}\n`,
        stderr: "",
      })
    }),
  )

  it.effect("reads a torrent that comes through a pipe, and not a device without end", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const torrent = join(yield* temporary, "a.torrent")
      yield* fs.writeFile(torrent, Content.make({ files: 1000 }).bytes)
      const pipe = `cat "$0" | "$1" "$2" show /dev/stdin`
      const piped = yield* run("/bin/sh", ["-c", pipe, torrent, process.execPath, entry])
      assert.include(piped.stdout, "info hash")
      const endless = yield* unchoke(["show", "/dev/zero"])
      assert.include(endless.stderr, "longer than 128 MiB")
      assert.strictEqual(endless.code, 4)
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
      const torn = made.slice().fill(0, made.length >> 1)
      for (const bytes of [
        new Uint8Array(0),
        made.subarray(0, made.length / 2),
        made.map((byte) => byte ^ 0xff),
        torn,
      ]) {
        yield* fs.writeFile(file, bytes)
        assert.deepStrictEqual(yield* version(copy), first)
        assert.notDeepEqual(yield* fs.readFile(file), bytes)
      }

      // Another bundle of the same length, as old as the cache.
      const main = join(root, "dist", "main.cjs")
      const { length } = yield* fs.readFile(main)
      const other = "console.log(`another`)"
      yield* fs.writeFileString(main, other + " ".repeat(length - other.length))
      assert.strictEqual((yield* version(copy)).stdout, "another\n")
      assert.strictEqual((yield* version(copy)).stdout, "another\n")
    }),
  )

  it.effect("without arguments it prints its help, whichever way it was started", () =>
    Effect.gen(function* () {
      const help = yield* unchoke(["--help"])
      assert.strictEqual(help.code, 0)
      assert.include(help.stdout, "SUBCOMMANDS")
      for (const args of [[], ["help"]]) assert.deepStrictEqual(yield* unchoke(args), help)
    }),
  )

  it.effect("a folder that was deleted under it is no crash", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* temporary
      const torrent = join(folder, "film.torrent")
      yield* fs.writeFile(torrent, Content.make({ name: "film.mkv", files: 1000 }).bytes)
      const inside = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
        const line = `mkdir gone && cd gone && rmdir ../gone && exec "${process.execPath}" "${entry}" "$@"`
        const { code, stderr, stdout } = yield* run("sh", ["-c", line, "sh", ...args], { cwd: folder })
        assert.notInclude(stderr, "    at ")
        assert.isFalse(yield* fs.exists(join(folder, "gone")))
        return { code, stderr, stdout }
      })
      assert.strictEqual((yield* inside("--version")).code, 0)
      assert.strictEqual((yield* inside("show", torrent)).code, 0)
      assert.deepInclude(yield* inside("show", "film.torrent"), {
        code: 4,
        stderr: "error: Cannot read film.torrent: there is no such file.\n",
      })
      for (const output of [[], ["--output", "."], ["--output", "a/b"]]) {
        const { code, stderr } = yield* inside("download", torrent, ...output)
        assert.strictEqual(code, 1)
        assert.include(stderr, "Expected: a folder that is there: the one that you are in was deleted.")
      }
      assert.strictEqual((yield* inside("download", torrent, "--output", join(folder, "out"))).code, 6)
    }),
  )

  it.effect("what Node has to say about itself reaches nobody", () =>
    Effect.gen(function* () {
      const folder = yield* temporary
      yield* (yield* FileSystem.FileSystem).writeFileString(
        join(folder, "old.cjs"),
        `setTimeout(() => { process.emitWarning("old", "DeprecationWarning"); new (require("events"))() }, 0)`,
      )
      for (const env of [
        { NODE_OPTIONS: "--pending-deprecation --trace-warnings" },
        { NODE_OPTIONS: `--throw-deprecation --require ${join(folder, "old.cjs")}` },
        { NODE_OPTIONS: "--experimental-vm-modules --experimental-wasm-modules" },
        { NODE_TLS_REJECT_UNAUTHORIZED: "0", NODE_EXTRA_CA_CERTS: join(folder, "none.pem") },
        { FORCE_COLOR: "1", NO_COLOR: "1" },
      ]) {
        const { code, stderr } = yield* unchoke(["--version"], env)
        assert.strictEqual(stderr, "")
        assert.strictEqual(code, 0)
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
        assert.deepStrictEqual(yield* run("bash", ["-n", script]), { code: 0, signal: null, stdout: "", stderr: "" })
      }
    }),
  )
})

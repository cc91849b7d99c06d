/** What follows when a torrent is complete: moved, a program, seeded from there. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Content, LoopbackSwarm, Script } from "@unchoke/testkit"
import { assert, layer } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { NetAddress } from "effect/net"
import { join } from "node:path"
import { unchoke } from "./cli.ts"

const content = Content.make({ name: "film.mkv", files: 5 * 65_536, pieceLength: 65_536 })

const album = Content.make({
  name: "album",
  pieceLength: 16_384,
  files: [40_000, 30_000, 50_000].map((length, file) => ({ path: [`${file + 1}.flac`], length })),
})

const stageOf = Effect.fnUntraced(function* (content: Content.Content) {
  const fs = yield* FileSystem.FileSystem
  const root = yield* fs.makeTempDirectoryScoped({ prefix: "unchoke-after-" })
  const at = (...path: ReadonlyArray<string>) => join(root, ...path)
  const swarm = yield* LoopbackSwarm.start(content, [{ script: Script.good }])
  yield* fs.writeFile(at("film.torrent"), content.bytes)
  const script = Effect.fnUntraced(function* (text: string) {
    yield* fs.writeFileString(at("script"), `#!/bin/sh\n${text}\n`)
    yield* fs.chmod(at("script"), 0o755)
    return ["--exec", at("script")]
  })
  const peer = NetAddress.formatInet(swarm.addresses[0]!)
  const download = (...flags: ReadonlyArray<string>) =>
    unchoke(["download", at("film.torrent"), "-o", at("out"), "--peer", peer, "--no-tracker", ...flags])
  const isComplete = (folder: string) =>
    fs.readFile(at(folder, "film.mkv")).pipe(
      Effect.map((bytes) => Buffer.from(bytes).equals(content.data)),
      Effect.orElseSucceed(() => false),
    )
  return { at, download, fs, isComplete, script, swarm }
})

const stage = stageOf(content)

layer(NodeServices.layer, { excludeTestServices: true, timeout: "30 seconds" })("afterwards", (it) => {
  it.effect("it is moved, then the program runs; the same command finds it there", () =>
    Effect.gen(function* () {
      const { at, download, fs, isComplete, script, swarm } = yield* stage
      const exec = yield* script(`printf '%s %s' "$TORRENT_PATH" "$TORRENT_HASH" > ${at("told")}`)
      const first = yield* download("--move-to", at("there"), ...exec)
      assert.strictEqual(first.code, 0, first.stderr.join("\n"))
      assert.include(first.stdout.join("\n"), `Done. ${at("there", "film.mkv")} is complete`)
      assert.deepStrictEqual(yield* fs.readDirectory(at("out")), [])
      assert.isTrue(yield* isComplete("there"))
      const hash = Buffer.from(content.torrent.infoHash).toString("hex")
      assert.strictEqual(yield* fs.readFileString(at("told")), `${at("there", "film.mkv")} ${hash}`)
      const served = swarm.served.length
      const again = yield* download("--move-to", at("there"), "--json")
      assert.strictEqual(again.code, 0)
      assert.strictEqual(swarm.served.length, served)
    }).pipe(Effect.scoped),
  )

  it.effect("a choice is moved; the same finds it there, and another goes on there", () =>
    Effect.gen(function* () {
      const { at, download, fs, swarm } = yield* stageOf(album)
      const blocks: Array<number> = []
      for (const files of [["1"], ["1"], ["1-2"], ["2-3"], ["1-3"]]) {
        const { code, stderr } = yield* download("--move-to", at("there"), "--files", ...files)
        assert.strictEqual(code, 0, stderr.join("\n"))
        blocks.push(swarm.served.length)
        assert.deepStrictEqual(yield* fs.readDirectory(at("out")), [])
      }
      assert.strictEqual(blocks[1], blocks[0])
      assert.strictEqual(blocks[4], blocks[3])
      // A piece is a block here: each was fetched once.
      assert.strictEqual(blocks[4], album.torrent.geometry.pieces)
      assert.deepStrictEqual(yield* fs.readDirectory(at("there")), ["album"])
      for (const { length, offset, path } of album.torrent.files) {
        const there = yield* fs.readFile(at("there", ...path))
        assert.isTrue(Buffer.from(there).equals(album.data.subarray(offset, offset + length)))
      }
    }).pipe(Effect.scoped),
  )

  it.effect("with a goal it is served from where it was moved to, while the program runs", () =>
    Effect.gen(function* () {
      const { at, download, isComplete, script } = yield* stage
      const exec = yield* script("exit 0")
      const { code, stdout } = yield* download("--move-to", at("there"), ...exec, "--seed-time", "300ms", "--json")
      const tags = stdout.map((line) => (JSON.parse(line) as { readonly _tag: string })._tag)
      assert.strictEqual(code, 0)
      assert.strictEqual(tags.filter((tag) => tag === "Done").length, 1)
      for (const tag of ["Moved", "Ran"]) assert.include(tags, tag)
      assert.isTrue(yield* isComplete("there"))
    }).pipe(Effect.scoped),
  )

  for (const goal of [[], ["--seed-time", "300ms"]]) {
    it.effect(`a program that fails is told, and all is there ${goal.join(" ")}`, () =>
      Effect.gen(function* () {
        const { download, isComplete, script } = yield* stage
        const { code, stderr } = yield* download(...(yield* script("exit 3")), ...goal)
        assert.strictEqual(code, 1)
        assert.match(stderr.join("\n"), /error: Everything is there, but .*script ended with 3\.$/)
        assert.notMatch(stderr.join("\n"), /goes on from there/)
        assert.isTrue(yield* isComplete("out"))
      }).pipe(Effect.scoped),
    )
  }

  it.effect("what is in the way where it is to go stays, and is told before anything is fetched", () =>
    Effect.gen(function* () {
      const { at, download, fs, swarm } = yield* stage
      yield* fs.makeDirectory(at("there"))
      yield* fs.writeFileString(at("there", "film.mkv"), "mine")
      const { code, stderr } = yield* download("--move-to", at("there"))
      assert.strictEqual(code, 5)
      assert.match(stderr.join("\n"), /could not be moved to .*: .*film\.mkv: it exists, 4 bytes.*\n.*Remove what is/)
      assert.strictEqual(yield* fs.readFileString(at("there", "film.mkv")), "mine")
      for (const place of [at("there", "film.mkv"), at("there", "film.mkv", "below")]) {
        const { code, stderr } = yield* download("--move-to", place)
        assert.strictEqual(code, 5)
        assert.match(stderr.join("\n"), /film\.mkv: not a folder\.\n.*choose another folder with --move-to/)
      }
      assert.deepStrictEqual(swarm.served, [])
    }).pipe(Effect.scoped),
  )

  it.effect("nothing follows a download that fails; a program and a line are one too many", () =>
    Effect.gen(function* () {
      const { at, download, fs, script } = yield* stage
      const exec = yield* script(`touch ${at("ran")}`)
      assert.strictEqual((yield* download(...exec, "--peer", "127.0.0.1:1", "--no-pex", "--files", "2")).code, 1)
      assert.isFalse(yield* fs.exists(at("ran")))
      const both = yield* download(...exec, "--exec-shell", "true")
      assert.match(both.stderr[0]!, /--exec and --exec-shell contradict each other/)
    }).pipe(Effect.scoped),
  )
})

/** `--files` and `--not` from the command line to the disk. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, layer } from "@effect/vitest"
import { Content, LoopbackSwarm, Script } from "@unchoke/testkit"
import { Effect, FileSystem, Path } from "effect"
import * as Hex from "effect/encoding/Hex"
import { NetAddress } from "effect/net"
import { unchoke } from "./cli.ts"

const names = ["one.mkv", "two.mkv", "two.sample.mkv", "read.nfo"]
const lengths = [200_000, 150_000, 10_000, 7]

const stage = Effect.fnUntraced(function* (script: Script.Script = Script.good) {
  const fs = yield* FileSystem.FileSystem
  const { join } = yield* Path.Path
  const folder = yield* fs.makeTempDirectoryScoped()
  const content = Content.make({
    name: "series",
    files: names.map((name, at) => ({ path: [name], length: lengths[at]! })),
  })
  const torrent = join(folder, "series.torrent")
  yield* fs.writeFile(torrent, content.bytes)
  const swarm = yield* LoopbackSwarm.start(content, [{ script }])
  const peer = NetAddress.formatInet(swarm.addresses[0]!)
  const output = join(folder, "downloads")
  const sources = ["--no-tracker", "--no-dht", "--no-lsd"]
  return {
    torrent,
    output,
    swarm,
    link: (so: string) => `magnet:?xt=urn:btih:${Hex.encode(content.torrent.infoHash)}&so=${so}&x.pe=${peer}`,
    download: (...args: ReadonlyArray<string>) =>
      unchoke(["download", torrent, "--output", output, "--peer", peer, ...sources, ...args]),
    probe: (...args: ReadonlyArray<string>) => unchoke(["probe", torrent, "--peer", peer, ...sources, ...args]),
    there: Effect.map(fs.readDirectory(join(output, "series")), (found) => found.toSorted()),
  }
})

layer(NodeServices.layer, { excludeTestServices: true, timeout: "60 seconds" })("some of the files", (it) => {
  it.effect("are downloaded, remembered by verify, and others beside them later", () =>
    Effect.gen(function* () {
      const { download, output, swarm, there, torrent } = yield* stage()
      const first = yield* download("--files", "*.mkv", "--not", "*sample*")
      assert.strictEqual(first.code, 0, first.stderr.join("\n"))
      assert.include(first.stderr, "2 files of 4 chosen: 342 KiB")
      assert.match(first.stdout.join("\n"), /^Done\. 2 files of .*series are complete: 342 KiB in /)
      assert.deepStrictEqual(yield* there, ["one.mkv", "two.mkv"])
      const remembered = yield* unchoke(["verify", torrent, output])
      assert.strictEqual(remembered.code, 0)
      assert.match(
        remembered.stdout[0]!,
        /^All that was chosen is there\. .*series: 2 files of 4, 342 KiB, every piece of them is right\.$/,
      )
      const json = yield* unchoke(["verify", torrent, output, "--files", "2-3", "--json"])
      assert.strictEqual(json.code, 1)
      assert.deepInclude(JSON.parse(json.stdout[0]!), {
        complete: false,
        chosen: { files: 2, of: 4, length: 160_000 },
        files: [{ path: "series/two.sample.mkv", length: 10_000, what: "missing" }],
      })
      const served = swarm.served.length
      const second = yield* download("--files", "4")
      assert.strictEqual(second.code, 0)
      assert.deepStrictEqual(yield* there, ["one.mkv", "read.nfo", "two.mkv"])
      const whole = yield* download()
      assert.strictEqual(whole.code, 0)
      assert.deepStrictEqual(yield* there, names.toSorted())
      assert.strictEqual(swarm.served.length, served, "the last piece was there")
      assert.match((yield* unchoke(["verify", torrent, output])).stdout[0]!, /^All there\. /)
    }),
  )

  it.effect("JSON tells of what was chosen", () =>
    Effect.gen(function* () {
      const { download } = yield* stage()
      const { code, stdout } = yield* download("--files", "one.mkv", "--json")
      assert.strictEqual(code, 0)
      assert.deepInclude(JSON.parse(stdout[0]!), {
        _tag: "Chosen",
        files: 1,
        of: 4,
        length: 200_000,
        pieces: 7,
        bytes: 7 * 32_768,
      })
      const { bytes, pieces, stored } = JSON.parse(stdout.at(-1)!)
      assert.deepStrictEqual({ bytes, pieces, stored }, { bytes: 7 * 32_768, pieces: 7, stored: 7 })
    }),
  )

  it.effect(
    "are those that a link names, unless flags say otherwise; what the torrent is stays known as long as there is more of it",
    () =>
      Effect.gen(function* () {
        const { link, output, swarm, there } = yield* stage(Script.describing({ answers: "true" }))
        const run = (so: string, ...args: ReadonlyArray<string>) =>
          unchoke(["download", link(so), "--output", output, "--no-dht", "--no-lsd", ...args])
        const first = yield* run("0")
        assert.strictEqual(first.code, 0, first.stderr.join("\n"))
        assert.include(first.stderr, "1 file of 4 chosen: 195 KiB")
        assert.deepStrictEqual(yield* there, ["one.mkv"])
        const second = yield* run("0", "--files", "two*")
        assert.strictEqual(second.code, 0, second.stderr.join("\n"))
        assert.deepStrictEqual(yield* there, ["one.mkv", "two.mkv", "two.sample.mkv"])
        const served = swarm.served.length
        // All that is missing is there already: nobody has to be asked for anything.
        const last = yield* unchoke([
          "download",
          link("").replace(/&.*/, ""),
          "--output",
          output,
          "--no-dht",
          "--no-lsd",
        ])
        assert.strictEqual(last.code, 0, last.stderr.join("\n"))
        assert.deepStrictEqual(yield* there, names.toSorted())
        assert.strictEqual(swarm.served.length, served)
        const fs = yield* FileSystem.FileSystem
        assert.deepStrictEqual(yield* fs.readDirectory(output), ["series"])
        const none = yield* run("9")
        assert.strictEqual(none.code, 1)
        assert.include(none.stderr.join("\n"), "error: No file of the torrent is meant by so=9. It has 4 files.")
      }),
  )

  it.effect("that there are not are an error that names those that are nearest, before anything else", () =>
    Effect.gen(function* () {
      const { download, output, probe, torrent } = yield* stage()
      const line =
        "error: No file of the torrent is meant by *.nof. Nearest: series/read.nfo, series/one.mkv, series/two.mkv. `unchoke show"
      for (const run of [
        download("--files", "*.nof"),
        probe("--files", "*.nof"),
        unchoke(["verify", torrent, output, "--files", "*.nof"]),
        unchoke(["seed", torrent, output, "--files", "*.nof"]),
        unchoke(["show", torrent, "--files", "*.nof"]),
      ]) {
        yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeDirectory(output, { recursive: true }))
        const { code, stderr } = yield* run
        assert.strictEqual(code, 1)
        assert.include(stderr.join("\n"), line)
      }
      const { code, stdout } = yield* download("--not", "*", "--json")
      assert.strictEqual(code, 1)
      assert.deepInclude(JSON.parse(stdout.at(-1)!), { _tag: "NothingChosen", files: 4, nearest: [], exitCode: 1 })
    }),
  )
})

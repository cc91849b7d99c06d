/** `unchoke stream`: which file is meant, where it is played from, and what is said of it. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it, layer } from "@effect/vitest"
import { Content, LoopbackSwarm, Script } from "@unchoke/testkit"
import { Effect, Fiber, FileSystem, Result, Schema } from "effect"
import { NetAddress } from "effect/net"
import { join } from "node:path"
import { streamedFile } from "../../packages/cli/src/streamedFile.ts"
import { NodeFileServer } from "@unchoke/node/internal"
import { recording, unchoke } from "./cli.ts"

const files = [
  { path: ["Season 1", "1 - Pilot.mkv"], length: 60_000 },
  { path: ["Season 1", "2 - Second.mkv"], length: 90_000 },
  { path: [".pad", "1"], length: 10_000, padding: true },
  { path: ["Season 1", "2 - Second.srt"], length: 2000 },
  { path: ["Season 2", "1 - Pilot.mkv"], length: 70_000 },
  { path: ["all.zip"], length: 200_000 },
]
const series = Content.make({ name: "series", files, pieceLength: 16_384 })

const meant = (named: string | undefined, content = series) =>
  Effect.map(Effect.result(streamedFile(content.torrent, named, NodeFileServer.isPlayable)), (result) =>
    Result.isSuccess(result)
      ? result.success.number
      : result.failure.several
        ? result.failure.files.map((file) => Number(file.split(" ", 1)[0]))
        : "none",
  )

describe("the file that is meant", () => {
  it.effect.each([
    [undefined, 2],
    ["1", 1],
    ["5", 5],
    ["Season 2/1 - Pilot.mkv", 5],
    ["1 - Pilot.mkv", [1, 5]],
    ["second.srt", 4],
    ["SECOND.M", 2],
    ["*.srt", 4],
    ["Season 2/*", 5],
    ["*.mkv", [1, 2, 5]],
    ["*.avi", "none"],
    ["second", [2, 4]],
    ["3", "none"],
    ["7", "none"],
    ["0", "none"],
    ["third", "none"],
  ] as const)("%s", ([named, expected]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* meant(named), expected as never)
    }),
  )

  it.effect("the only one, whatever it is; of several that cannot be played none", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* meant(undefined, Content.make({ files: 1000 })), 1)
      const documents = [
        { path: ["a.zip"], length: 1000 },
        { path: ["b.zip"], length: 1000 },
      ]
      assert.strictEqual(yield* meant(undefined, Content.make({ files: documents })), "none")
    }),
  )
})

const Serving = Schema.fromJsonString(
  Schema.Struct({
    _tag: Schema.String,
    url: Schema.optional(Schema.String),
    list: Schema.optional(Schema.String),
    path: Schema.optional(Schema.String),
  }),
)

const stage = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "unchoke-stream-" })
  const torrent = join(folder, "series.torrent")
  yield* fs.writeFile(torrent, series.bytes)
  return { folder, torrent }
})

const alone = ["--no-tracker", "--no-dht", "--no-lsd", "--port", "0"]

layer(NodeServices.layer, { excludeTestServices: true })("stream", (it) => {
  it.effect("the file is played before all is there, and stays; the others are listed", () =>
    Effect.gen(function* () {
      const { folder, torrent } = yield* stage
      const { addresses } = yield* LoopbackSwarm.start(series, [{ script: Script.good }])
      const said = recording()
      const running = yield* Effect.forkChild(
        unchoke(
          ["stream", torrent, "-o", folder, "--peer", NetAddress.formatInet(addresses[0]!), "--json", ...alone],
          said,
        ),
      )
      let serving: typeof Serving.Type | undefined
      while (serving?.url === undefined) {
        yield* Effect.sleep("20 millis")
        serving = said.stdout
          .map((line) => Schema.decodeUnknownSync(Serving)(line))
          .find(({ _tag }) => _tag === "Serving")
      }
      assert.strictEqual(serving.path, "Season 1/2 - Second.mkv")
      const body = yield* Effect.promise(async () => Buffer.from(await (await fetch(serving.url!)).arrayBuffer()))
      assert.isTrue(body.equals(series.data.subarray(60_000, 150_000)))
      const page = yield* Effect.promise(async () => (await fetch(serving.list!)).text())
      assert.include(page, "Season 2/1 - Pilot.mkv")
      yield* Fiber.interrupt(running)
      const fs = yield* FileSystem.FileSystem
      const kept = Buffer.from(yield* fs.readFile(join(folder, "series/Season 1/2 - Second.mkv")))
      assert.isTrue(kept.equals(series.data.subarray(60_000, 150_000)))
    }),
  )

  it.effect("a file that is named is fetched, and nothing else", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const { folder, torrent } = yield* stage
      const { addresses } = yield* LoopbackSwarm.start(series, [{ script: Script.good }])
      const said = recording()
      const from = ["--peer", NetAddress.formatInet(addresses[0]!), ...alone]
      const running = yield* Effect.forkChild(
        unchoke(["stream", torrent, "Season 2", "-o", folder, "--json", ...from], said),
      )
      while (!said.stdout.some((line) => line.includes('"_tag":"Done"'))) yield* Effect.sleep("20 millis")
      const [serving] = said.stdout.map((line) => Schema.decodeUnknownSync(Serving)(line)).filter(({ url }) => url)
      assert.isUndefined(serving!.list)
      const body = yield* Effect.promise(async () => Buffer.from(await (await fetch(serving!.url!)).arrayBuffer()))
      assert.isTrue(body.equals(series.data.subarray(162_000, 232_000)))
      yield* Fiber.interrupt(running)
      assert.deepStrictEqual(yield* fs.readDirectory(join(folder, "series")), ["Season 2"])
    }),
  )

  it.effect("an address that nothing is to be had at is not told; what is there already is", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const { folder, torrent } = yield* stage
      for (const json of [[], ["--json"]]) {
        const { code, stderr, stdout } = yield* unchoke(["stream", torrent, "-o", folder, ...alone, ...json])
        assert.strictEqual(code, 6)
        assert.notMatch([...stdout, ...stderr].join("\n"), /is played from|"Serving"|http:\/\/127/)
      }
      const [, second] = series.torrent.files
      yield* fs.makeDirectory(join(folder, "series", "Season 1"), { recursive: true })
      yield* fs.writeFile(join(folder, ...second!.path), series.data.subarray(60_000, 150_000))
      const partly = yield* unchoke(["stream", torrent, "-o", folder, ...alone])
      assert.match(partly.stdout.join("\n"), /^http:\/\/127/)
    }).pipe(Effect.scoped),
  )

  it.effect("what cannot be played, or opened, is said to be that", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const { folder, torrent } = yield* stage
      const [, , , subtitles] = series.torrent.files
      yield* fs.makeDirectory(join(folder, "series", "Season 1"), { recursive: true })
      yield* fs.writeFile(join(folder, ...subtitles!.path), series.data.subarray(160_000, 162_000))
      const said = recording()
      const path = process.env["PATH"]
      yield* Effect.addFinalizer(() => Effect.sync(() => void (process.env["PATH"] = path)))
      process.env["PATH"] = "/nowhere"
      const { addresses } = yield* LoopbackSwarm.start(series, [{ script: Script.good }])
      const from = ["--peer", NetAddress.formatInet(addresses[0]!), ...alone]
      const running = yield* Effect.forkChild(unchoke(["stream", torrent, "4", "--open", "-o", folder, ...from], said))
      const isSaid = (text: string) => said.stderr.some((line) => line.includes(text))
      while (!isSaid("Nothing could be opened: ")) yield* Effect.sleep("20 millis")
      assert.isTrue(isSaid("2 - Second.srt (1.95 KiB) is no video or audio, by its name. It is had from this address"))
      yield* Fiber.interrupt(running)
    }).pipe(Effect.scoped),
  )

  it.effect("a file that is not there, and a port that is taken, are told before anything is fetched", () =>
    Effect.gen(function* () {
      const { folder, torrent } = yield* stage
      const missing = yield* unchoke(["stream", torrent, "third", "-o", folder, ...alone])
      assert.strictEqual(missing.code, 1)
      assert.deepStrictEqual(missing.stderr.slice(0, 2), ["error: No file is meant by third.", "  6 all.zip"])
      assert.deepStrictEqual(missing.stdout, [])
      // What is advised is one of those that are named.
      const several = yield* unchoke(["stream", torrent, "second", "-o", folder, ...alone])
      assert.deepStrictEqual(several.stderr.slice(1, 3), ["  2 Season 1/2 - Second.mkv", "  4 Season 1/2 - Second.srt"])
      assert.match(several.stderr[3]!, /^Name one by its number or name: unchoke stream .* 2$/)
      const { url } = yield* NodeFileServer.serve("", [], 0)
      const { port } = new URL(url)
      const taken = yield* unchoke(["stream", torrent, "-o", folder, "--http-port", port, ...alone])
      assert.strictEqual(taken.code, 1)
      assert.include(
        taken.stderr,
        `error: Cannot listen on port ${port}: in use. Choose another one with --http-port, or none to have any that is free.`,
      )
      const bad = yield* unchoke(["stream", torrent, "--http-port", "70000"])
      assert.strictEqual(bad.code, 1)
      assert.include(bad.stderr.join(), "a port from 1 to 65535, such as 8080, or 0 for any")
    }).pipe(Effect.scoped),
  )
})

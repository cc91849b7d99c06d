/** What the flags ask of the engine, and what becomes of its events: the whole command, over an engine that plays what it is given. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Content } from "@unchoke/testkit"
import { assert, describe, layer } from "@effect/vitest"
import { Duration, Effect, Fiber, FileSystem, Layer, Schema, Stream } from "effect"
import { Host } from "effect/net"
import { join } from "node:path"
import { afterAll, vi } from "vitest"
import {
  CorruptPiece,
  DownloadEvent,
  type DownloadOptions,
  type SeedOptions,
  type SurveyEvent,
  Unchoke,
} from "@unchoke/engine"
import { recording, unchoke } from "./cli.ts"
import { peer, seen } from "./peers.ts"

// What is asked of the engine is what is typed.
vi.stubEnv("UNCHOKE_NO_DHT", undefined)
vi.stubEnv("UNCHOKE_NO_LSD", undefined)
afterAll(() => void vi.unstubAllEnvs())

const engine = vi.hoisted(() => ({
  /** What the layer and the calls were given. */
  layers: [] as Array<object>,
  calls: [] as Array<object>,
  download: undefined as unknown,
  survey: undefined as unknown,
}))

vi.mock("../../packages/cli/src/nodeEngine.ts", () => {
  const played = (what: "download" | "survey") => (_: unknown, options: object) => {
    engine.calls.push(options)
    return engine[what]
  }
  const layerWith = (options: object) => {
    engine.layers.push(options)
    const fake = { download: played("download"), seed: played("download"), survey: played("survey") }
    return Layer.succeed(Unchoke, { ...fake, inspect: () => Effect.succeed([]) } as unknown as Unchoke["Service"])
  }
  return { NodeUnchoke: { layerWith } }
})

const content = Content.make({ name: "film.mkv", files: 10 * 65_536, pieceLength: 65_536 })

const stage = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "unchoke-cli-" })
  const torrent = join(folder, "film.torrent")
  yield* fs.writeFile(torrent, content.bytes)
  return { folder, torrent }
})

const given = Effect.fnUntraced(function* (...flags: ReadonlyArray<string>) {
  const { folder, torrent } = yield* stage
  engine.download = Stream.empty
  const [command, ...rest] = flags
  const place = command === "seed" ? [folder] : ["--output", folder]
  assert.strictEqual((yield* unchoke([command!, torrent, ...place, ...rest])).code, 0)
  return { session: engine.layers.at(-1)!, options: engine.calls.at(-1)! as Partial<DownloadOptions & SeedOptions> }
})

const checked = (present: number): DownloadEvent => ({
  _tag: "Checking",
  checked: 10,
  present,
  bytes: present * 65_536,
  pieces: 10,
})
const stored: ReadonlyArray<DownloadEvent> = Array.from({ length: 10 }, (_, piece) => ({
  _tag: "PieceStored",
  piece,
  bytes: 65_536,
  stored: piece + 1,
  pieces: 10,
}))
const fetching: ReadonlyArray<DownloadEvent> = [
  { _tag: "Listening", port: 6881 },
  checked(0),
  { _tag: "SourceAnswered", asked: { source: "http://t/a", origin: "tracker", answer: { peers: 3 } }, fresh: 3 },
  { _tag: "Joined", peer: peer(1), seen: seen({ client: "A 1" }), incoming: false },
  { _tag: "Joined", peer: peer(2), seen: seen({ client: "B 2" }), incoming: true },
  { _tag: "Standing", peer: peer(1), standing: "supplying", serving: false },
  { _tag: "Standing", peer: peer(2), standing: "idle", serving: true },
  { _tag: "Received", peer: peer(1), bytes: 655_360 },
  { _tag: "Sent", peer: peer(2), bytes: 327_680 },
  {
    _tag: "Left",
    peer: peer(2),
    error: new CorruptPiece({ peer: peer(2), seen: seen({}), piece: 4 }),
  },
  ...stored,
  { _tag: "Done", pieces: 10, bytes: 655_360 },
]
const seeding: ReadonlyArray<DownloadEvent> = [{ _tag: "Sent", peer: peer(1), bytes: 655_360 }]

layer(NodeServices.layer, { excludeTestServices: true, timeout: "30 seconds" })("the command and the engine", (it) => {
  describe("flags", () => {
    it.effect("without any it is a swarm, which ends when all is there", () =>
      Effect.gen(function* () {
        const { options, session } = yield* given("download")
        assert.deepInclude(options, { strategy: "swarm", seed: undefined, links: undefined })
        assert.deepStrictEqual(session, { mitigateSsrf: true, insecure: false })
        assert.deepInclude(options, { dht: true, pex: true, lsd: true })
      }),
    )

    it.effect("the DHT is entered by the nodes that are given, or not at all", () =>
      Effect.gen(function* () {
        const { session } = yield* given("download", "--dht-node", "192.0.2.1:6881", "--dht-node", "a.example:7")
        const nodes = ["192.0.2.1:6881", "a.example:7"].map(Host.hostPortFromStringUnsafe)
        assert.deepInclude(session, { dht: { nodes, routers: [] } })
        const none = yield* given("download", "--no-dht", "--no-pex", "--no-lsd")
        assert.deepInclude(none.session, { dht: false })
        assert.deepInclude(none.options, { dht: false, pex: false, lsd: false })
      }),
    )

    it.effect("limits and the port are the session's", () =>
      Effect.gen(function* () {
        const flags = "--upload-limit 500KiB --download-limit 10MiB --max-peers 30 --port 51413".split(" ")
        const { options, session } = yield* given("download", ...flags)
        const limits = { uploadLimit: 512_000, downloadLimit: 10_485_760, maxPeers: 30, port: 51413 }
        assert.deepInclude(session, limits)
        // Of one torrent there may be fewer.
        assert.deepInclude(options, { maxPeers: 30 })
        const none = yield* given("download", "--upload-limit", "0", "--port", "0")
        assert.deepInclude(none.session, { uploadLimit: 0, port: 0 })
      }),
    )

    it.effect("encryption is the session's, of each command that meets peers", () =>
      Effect.gen(function* () {
        for (const command of ["download", "seed"] as const) {
          assert.deepInclude((yield* given(command, "--encryption", "require")).session, { encryption: "require" })
          assert.notProperty((yield* given(command)).session, "encryption")
        }
      }),
    )

    it.effect("a goal implies that it seeds", () =>
      Effect.gen(function* () {
        assert.deepStrictEqual((yield* given("download", "--seed")).options.seed, {})
        assert.deepStrictEqual((yield* given("download", "--ratio", "1.5")).options.seed, { ratio: 1.5 })
        const both = ["--seed", "--ratio", "2", "--seed-time", "2h"]
        const goal = { ratio: 2, time: Duration.hours(2) }
        assert.deepStrictEqual((yield* given("download", ...both)).options.seed, goal)
        const { options } = yield* given("seed", ...both.slice(1), "--recheck", "--no-tracker")
        assert.deepInclude(options, { ...goal, recheck: true, trackers: false })
      }),
    )

    it.effect("links are of a race or a sequence", () =>
      Effect.gen(function* () {
        for (const strategy of ["race", "sequence"] as const) {
          const { options } = yield* given("download", "--strategy", strategy, "--links", "3")
          assert.deepInclude(options, { strategy, links: 3 })
        }
      }),
    )
  })

  describe("a swarm", () => {
    it.effect("is told in few words", () =>
      Effect.gen(function* () {
        const { folder, torrent } = yield* stage
        engine.download = Stream.fromIterable(fetching)
        const { code, stderr, stdout } = yield* unchoke(["download", torrent, "--output", folder])
        assert.strictEqual(code, 0)
        assert.deepStrictEqual(stderr, [
          `Downloading film.mkv (640 KiB in 10 pieces) into ${folder}`,
          "http://t/a names 3 peers",
          "Banned 10.0.0.2:6881: sent a corrupt piece (4); it is not asked again.",
        ])
        assert.match(
          stdout.join("\n"),
          /^Done\. .+film\.mkv is complete: 640 KiB in .+, from 10\.0\.0\.1:6881 \(A 1\); 320 KiB given \(ratio 0\.50\)\.$/,
        )
      }),
    )

    it.effect("seeds when it is complete, until the goal: 0", () =>
      Effect.gen(function* () {
        const { folder, torrent } = yield* stage
        engine.download = Stream.concat(Stream.fromIterable(fetching), Stream.fromIterable(seeding))
        const { code, stderr, stdout } = yield* unchoke(["download", torrent, "--output", folder, "--ratio", "1.5"])
        assert.strictEqual(code, 0)
        assert.strictEqual(stderr.at(-1), "Seeding now until the ratio is 1.5; Ctrl-C ends it before.")
        assert.match(stdout[0]!, /^Done\. /)
        assert.match(stdout[1]!, /^Seeded .+film\.mkv for .+: 960 KiB given \(ratio 1\.50\)\.$/)
        assert.lengthOf(stdout, 2)
      }),
    )

    it.effect("interrupted while it seeds, it says how much was given", () =>
      Effect.gen(function* () {
        const { folder, torrent } = yield* stage
        engine.download = Stream.concat(Stream.fromIterable([...fetching, ...seeding]), Stream.never)
        const screens = [recording(), recording()] as const
        for (const [screen, flags] of [
          [screens[0], []],
          [screens[1], ["--json"]],
        ] as const) {
          const args = ["download", torrent, "--output", folder, "--seed", ...flags]
          const fiber = yield* Effect.forkChild(unchoke(args, screen))
          const told = Effect.sync(() => screen.stderr.length + screen.stdout.length)
          yield* Effect.repeat(Effect.delay(told, 20), { until: (lines) => lines >= 5 })
          yield* Effect.sleep(50)
          yield* Fiber.interrupt(fiber)
        }
        assert.match(screens[0].stderr.at(-1)!, /^Stopped seeding after .+: 960 KiB given \(ratio 1\.50\)\.$/)
        const totals = { stored: 10, pieces: 10, bytes: 655_360, downloaded: 655_360, uploaded: 983_040, ratio: 1.5 }
        assert.deepInclude(JSON.parse(screens[1].stdout.at(-1)!), { _tag: "Interrupted", ...totals, exitCode: 130 })
      }),
    )

    it.effect("--json is every event as it is, and the totals", () =>
      Effect.gen(function* () {
        const { folder, torrent } = yield* stage
        const events = [...fetching, ...seeding]
        engine.download = Stream.fromIterable(events)
        const { stdout } = yield* unchoke(["download", torrent, "--output", folder, "--seed", "--json"])
        assert.deepStrictEqual(
          stdout.slice(0, -1).map((line) => Schema.decodeSync(Schema.fromJsonString(DownloadEvent))(line)._tag),
          events.map(({ _tag }) => _tag),
        )
        assert.deepInclude(JSON.parse(stdout.at(-1)!), { _tag: "Ended", uploaded: 983_040, ratio: 1.5, exitCode: 0 })
      }),
    )
  })

  describe("a probe", () => {
    const partial = (last: number, have: number): SurveyEvent => ({
      _tag: "Partial",
      peer: peer(last),
      seen: seen({ have }),
    })
    const probe = (...flags: ReadonlyArray<string>) =>
      Effect.gen(function* () {
        return yield* unchoke(["probe", (yield* stage).torrent, ...flags])
      })

    it.effect("of parts that make a whole: 0", () =>
      Effect.gen(function* () {
        engine.survey = Stream.make<ReadonlyArray<SurveyEvent>>(
          partial(1, 7),
          { _tag: "Copies", copies: 0.7, lacking: 3, pieces: [7, 8, 9], stretches: [] },
          partial(2, 5),
          { _tag: "Copies", copies: 1.2, lacking: 0, pieces: [], stretches: [] },
        )
        const { code, stdout } = yield* probe()
        assert.strictEqual(code, 0)
        assert.deepStrictEqual(stdout.slice(-2), [
          "2 peers: 2 would give us a part.",
          "The 2 peers that were reached have 1.20 copies between them: enough to have all of it.",
        ])
        assert.include(stdout[1], "would give us 70 %")
        const json = yield* probe("--json")
        assert.deepInclude(JSON.parse(json.stdout.at(-1)!), {
          _tag: "Ended",
          peers: 2,
          passed: 0,
          partial: 2,
          copies: 1.2,
        })
      }),
    )

    it.effect("of parts that do not: 3", () =>
      Effect.gen(function* () {
        engine.survey = Stream.make<ReadonlyArray<SurveyEvent>>(partial(1, 7), {
          _tag: "Copies",
          copies: 0.7,
          lacking: 3,
          pieces: [7, 8, 9],
          stretches: [],
        })
        const { code, stderr, stdout } = yield* probe()
        assert.strictEqual(code, 3)
        assert.strictEqual(
          stdout.at(-1),
          "The one peer that was reached has 0.70 copies: 3 of 10 pieces (7, 8, 9) are with nobody.",
        )
        assert.match(
          stderr.at(-1)!,
          /^error: Nobody would give us all of it, and those who would give us a part do not/,
        )
      }),
    )
  })
})

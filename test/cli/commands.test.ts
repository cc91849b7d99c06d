/** The commands, from their arguments to the last line, on a swarm of real sockets. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Content, LoopbackSwarm, LoopbackTracker, Script } from "@unchoke/testkit"
import { assert, describe, layer } from "@effect/vitest"
import { Effect, Fiber, FileSystem, Schema } from "effect"
import { NetAddress } from "effect/net"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { DownloadEvent, NoSuitablePeer, SurveyEvent } from "@unchoke/engine"
import { unchoke as root } from "../../packages/cli/src/commands/unchoke.ts"
import { recording, unchoke } from "./cli.ts"

const pieces = 20
const data = { name: "film.mkv", files: pieces * 65_536 - 1000, pieceLength: 65_536 }

/** A folder with a torrent in it, and a swarm around that. */
const stage = Effect.fnUntraced(function* (
  scripts: ReadonlyArray<Script.Script>,
  options: Partial<Content.ContentOptions> = {},
) {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "unchoke-cli-" })
  const content = Content.make({ ...data, ...options })
  const swarm = yield* LoopbackSwarm.start(
    content,
    scripts.map((script) => ({ script, client: "-TR3000-" })),
  )
  const torrent = join(folder, "film.torrent")
  yield* fs.writeFile(torrent, content.bytes)
  const peers = swarm.addresses.map(NetAddress.formatInet)
  const file = join(folder, "out", "film.mkv")
  const isComplete = Effect.map(fs.readFile(file), (bytes) => Buffer.from(bytes).equals(content.data))
  return {
    content,
    folder,
    swarm,
    torrent,
    peers,
    file,
    isComplete,
    peerFlags: peers.flatMap((peer) => ["--peer", peer]),
    output: ["--output", join(folder, "out")],
  }
})

const impatient = ["--connect-timeout", "300ms", "--handshake-timeout", "300ms", "--bitfield-timeout", "300ms"]

/** Flags of which one says the opposite of another, or leaves it nothing to mean; and what is said of them. */
const contradictions: ReadonlyArray<readonly [string, string]> = [
  ...["download", "probe", "show", "seed"].map(
    (command) =>
      [
        `${command} a --no-dht --dht-node 127.0.0.1:6881`,
        "--no-dht and --dht-node contradict each other: a node is there to enter the DHT by.",
      ] as const,
  ),
  ...["download", "probe"].map(
    (command) =>
      [
        `${command} a --no-tracker --no-web-seeds --insecure-tracker`,
        "--insecure-tracker is about trackers and web seeds, and with --no-tracker and --no-web-seeds none is asked.",
      ] as const,
  ),
  ...["show", "seed"].map(
    (command) =>
      [
        `${command} a --no-tracker --local-tracker`,
        "--local-tracker is about trackers, and with --no-tracker none is asked.",
      ] as const,
  ),
  ["download a --strategy race --seed", "--seed belongs to --strategy swarm: in a race nobody is served"],
  ["download a --strategy sequence --ratio 2", "--ratio belongs to --strategy swarm: in a sequence nobody is served"],
  ["download a --strategy race --port 51413", "--port belongs to --strategy swarm: in a race nobody is served, or can"],
  ["download a --seed --upload-limit 0", "--upload-limit 0 gives nobody anything, and --seed is to give."],
  ["seed a --upload-limit 0", "--upload-limit 0 gives nobody anything, and to seed is to give."],
  [
    "show a --save b --magnet",
    "--save writes the torrent to a file, and --magnet prints something of it: one at a time.",
  ],
  ["download - --list -", "the standard input is named twice, and can be read but once."],
  ["seed - - b", "the standard input is named twice, and can be read but once."],
  ["show a --save b --pass-keys", "--save writes the torrent to a file, and --pass-keys prints something of it"],
  ["show a --magnet --pass-keys", "--pass-keys is about what is shown, and --magnet prints a link"],
  ["show a --save - --json", "--json and --save - both want the standard output."],
  ["show a --force", "--force belongs to --save: it replaces the file that is there."],
  ["edit a -c x --force", "--force belongs to --output: it replaces the file that is there."],
  ["edit a -c x -o - --force", "--force replaces a file, and --output - is the standard output."],
  ["create a -o - --force", "--force replaces a file, and --output - is the standard output."],
  ["create a -o - --json", "--json and --output - both want the standard output."],
  ["seed --create a --force", "--force belongs to --save: it replaces the file that is there."],
  ["probe a --html b --svg ./b", "--html and --svg name the same file."],
  ["report a --html b --svg b", "--html and --svg name the same file."],
  ["show a --magnet --files", "--magnet prints a link and nothing else, so there are no --files."],
]

/** One complete peer after the other, each told of. */
const race = ["--strategy", "race"]

/** Serves so many blocks, then takes its time for the rest. */
const slow = (blocks: number): Script.Script => {
  const begin = Script.stallAfter(blocks)
  return begin._tag === "Accept"
    ? { ...begin, steps: [...begin.steps, { _tag: "Wait", ms: 600_000 }, { _tag: "Serve" }] }
    : begin
}

layer(NodeServices.layer, { excludeTestServices: true, timeout: "30 seconds" })("the command", (it) => {
  describe("download", () => {
    it.effect("finds the peer that serves, and says what happened", () =>
      Effect.gen(function* () {
        const { file, isComplete, output, peerFlags, peers, torrent } = yield* stage([
          Script.refuse,
          Script.hangUpOnHandshake,
          Script.unchokeAfter(100),
        ])
        const { code, stderr, stdout } = yield* unchoke(["download", torrent, ...peerFlags, ...output, ...race])
        assert.strictEqual(code, 0, stderr.join("\n"))
        assert.isTrue(yield* isComplete)
        assert.strictEqual(stderr[0], `Downloading film.mkv (1.25 MiB in 20 pieces) into ${join(file, "..")}`)
        assert.match(stderr[1]!, /^Downloading from 127\.0\.0\.1:\d+ \(Transmission 3\.00\); 2 rejected: 1 .+, 1 .+$/)
        assert.lengthOf(stderr, 2)
        assert.match(
          stdout.join("\n"),
          /^Done\. .*film\.mkv is complete: 1\.25 MiB in .+ s, .+\/s, from 127\.0\.0\.1:\d+ \(Transmission 3\.00\)\.$/,
        )
        assert.include(stdout[0], peers[2])
        const again = yield* unchoke(["download", torrent, ...peerFlags, ...output])
        assert.deepStrictEqual(again.stdout, [`${file} is complete: all 1.25 MiB were there and are right.`])
        assert.strictEqual(again.code, 0)
      }),
    )

    it.effect("asks the torrent's tracker, and draws a live line on a terminal", () =>
      Effect.gen(function* () {
        const named: Array<NetAddress.InetAddress> = []
        const tracker = yield* LoopbackTracker.make({ peers: named })
        const { isComplete, output, swarm, torrent } = yield* stage([Script.unchokeAfter(500)], {
          announce: tracker.announceUrl,
        })
        named.push(...swarm.addresses)
        const { code, live, stderr } = yield* unchoke(["download", torrent, ...output, ...race], recording(), 80)
        assert.strictEqual(code, 0, stderr.join("\n"))
        assert.isTrue(yield* isComplete)
        assert.include(stderr, `${tracker.announceUrl} names 1 peer`)
        assert.include(live, "Looking for a peer: 1 waiting to be unchoked")
        assert.strictEqual(live.at(-1), "", "the live line is gone in the end")
      }),
    )

    it.effect("--json prints every event, and the error as the last line", () =>
      Effect.gen(function* () {
        const { content, output, peerFlags, torrent } = yield* stage([
          Script.refuse,
          Script.corrupting(3),
          Script.unchokeAfter(200),
        ])
        const { code, stderr, stdout } = yield* unchoke([
          "download",
          torrent,
          ...peerFlags,
          ...output,
          ...race,
          "--json",
        ])
        assert.strictEqual(code, 0)
        assert.deepStrictEqual(stderr, [])
        const events = stdout.slice(0, -1).map((line) => Schema.decodeSync(Schema.fromJsonString(DownloadEvent))(line))
        assert.lengthOf(
          events.filter(({ _tag }) => _tag === "Done"),
          1,
        )
        const { means, ...totals } = JSON.parse(stdout.at(-1)!)
        assert.match(means, /^done/)
        const bytes = content.data.length
        const whole = { stored: pieces, pieces, bytes, downloaded: bytes, uploaded: 0, ratio: 0 }
        const infoHash = Buffer.from(content.torrent.infoHash).toString("hex")
        assert.deepStrictEqual(totals, { _tag: "Ended", ...whole, exitCode: 0, infoHash })
        assert.lengthOf(
          events.filter(({ _tag }) => _tag === "PieceStored"),
          pieces,
        )
        const lost = events.find((event) => event._tag === "Left")!
        assert.deepInclude(lost.error, { _tag: "CorruptPiece", piece: 3 })

        const nobody = yield* stage([Script.refuse, Script.incomplete(1)])
        const failed = yield* unchoke([
          "download",
          nobody.torrent,
          ...nobody.peerFlags,
          ...nobody.output,
          ...impatient,
          ...race,
          "--json",
        ])
        assert.strictEqual(failed.code, 3)
        const error = Schema.decodeSync(Schema.fromJsonString(NoSuitablePeer))(failed.stdout.at(-1)!)
        assert.deepStrictEqual(error.rejections.map(({ _tag }) => _tag).toSorted(), ["ConnectFailed", "IncompletePeer"])
        assert.deepInclude(JSON.parse(failed.stdout.at(-1)!), {
          exitCode: 3,
          means: "there are peers, but none that would give us the file, or what is missing of it",
        })
      }),
    )

    it.effect("--quiet prints nothing, but for errors", () =>
      Effect.gen(function* () {
        const { output, peerFlags, torrent } = yield* stage([Script.good])
        const quiet = yield* unchoke(["download", torrent, ...peerFlags, ...output, "--quiet"], recording(), 80)
        assert.deepStrictEqual(quiet, { code: 0, stdout: [], stderr: [], live: [] })
        const asked = yield* unchoke(["download", torrent, ...peerFlags, ...output, "--quiet", "--json"])
        assert.include(JSON.parse(asked.stdout.at(-1)!), { _tag: "Ended", downloaded: 0 })
        const nobody = yield* stage([Script.refuse])
        const failed = yield* unchoke(["download", nobody.torrent, ...nobody.peerFlags, ...nobody.output, "-q"])
        assert.deepStrictEqual(failed.stdout, [])
        assert.deepStrictEqual(failed.stderr, [
          "error: The only peer would not give us the file: refused the connection.",
          `  ${nobody.peers[0]}: refused the connection`,
          `Try again later: peers come and go. \`unchoke probe ${nobody.torrent} --peer …\` shows every peer's verdict.`,
        ])
      }),
    )

    it.effect("in sequence it tries one after the other", () =>
      Effect.gen(function* () {
        const { isComplete, output, peerFlags, swarm, torrent } = yield* stage([Script.neverUnchoke, Script.good])
        const sequence = ["--strategy", "sequence", "--unchoke-timeout", "200ms"]
        const { code } = yield* unchoke(["download", torrent, ...peerFlags, ...output, ...sequence])
        assert.strictEqual(code, 0)
        assert.isTrue(yield* isComplete)
        assert.isAbove(swarm.served.length, 0)
      }),
    )

    it.effect("when nobody is left midway, it says how much is kept, and why", () =>
      Effect.gen(function* () {
        const { output, peerFlags, peers, torrent } = yield* stage([Script.corrupting(10)])
        const screen = recording()
        const { code } = yield* unchoke(["download", torrent, ...peerFlags, ...output], screen)
        assert.strictEqual(code, 3)
        const [kept, ...why] = screen.stderr.slice(-4)
        assert.match(kept!, /^Stopped with [\d.]+ [KM]iB of 1\.25 MiB verified; the same command goes on from there\.$/)
        assert.deepStrictEqual(why.slice(0, 2), [
          "error: The only peer would not give us the file: sent corrupt data.",
          `  ${peers[0]}: sent a corrupt piece (10)`,
        ])
      }),
    )

    it.effect("interrupted, it says so, and goes on from there", () =>
      Effect.gen(function* () {
        const { folder, isComplete, output, peerFlags, swarm, torrent } = yield* stage([slow(7 * 4)])
        const screen = recording()
        const fiber = yield* Effect.forkChild(unchoke(["download", torrent, ...peerFlags, ...output], screen))
        const served = Effect.sync(() => swarm.served.length)
        yield* Effect.repeat(Effect.delay(served, 20), { until: (blocks) => blocks === 28 })
        yield* Effect.sleep(200)
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(
          screen.stderr.at(-1),
          "Stopped with 448 KiB of 1.25 MiB verified; the same command goes on from there.",
        )
        yield* Effect.sleep(50)
        assert.strictEqual(swarm.open(), 0)

        const others = yield* stage([Script.good])
        const resumed = yield* unchoke(["download", torrent, ...others.peerFlags, "--output", join(folder, "out")])
        assert.strictEqual(resumed.code, 0)
        assert.include(resumed.stderr, "448 KiB of 1.25 MiB are there already.")
        assert.isTrue(yield* isComplete)
        assert.isTrue(others.swarm.served.every(({ piece }) => piece >= 7))
      }),
    )
  })

  describe("seeding", () => {
    /** The torrent's file, whole or in part, in a folder. */
    const seeded = Effect.fnUntraced(function* (there: number) {
      const fs = yield* FileSystem.FileSystem
      const { content, folder, torrent } = yield* stage([])
      yield* fs.makeDirectory(join(folder, "out"))
      const file = join(folder, "out", "film.mkv")
      const bytes = content.data.slice()
      bytes.fill(0, there * 65_536)
      yield* fs.writeFile(file, bytes)
      return { torrent, folder: join(folder, "out"), file }
    })
    const until = (screen: { readonly stderr: ReadonlyArray<string> }, line: string) =>
      Effect.repeat(
        Effect.delay(
          Effect.sync(() => screen.stderr.includes(line)),
          20,
        ),
        { until: (there) => there },
      )

    it.effect("ends when its goal is reached: 0", () =>
      Effect.gen(function* () {
        const { file, folder, torrent } = yield* seeded(pieces)
        for (const place of [folder, file]) {
          const { code, stderr, stdout } = yield* unchoke([
            "seed",
            torrent,
            place,
            "--seed-time",
            "300ms",
            "--port",
            "0",
          ])
          assert.strictEqual(code, 0)
          assert.deepStrictEqual(stderr.slice(0, 3), [
            `Seeding film.mkv (1.25 MiB in 20 pieces) from ${folder}`,
            "All 1.25 MiB are there and right.",
            "Seeding now for 0.3 s; Ctrl-C ends it before.",
          ])
          assert.match(stdout.join("\n"), new RegExp(`^Seeded ${file} for [\\d.]+ m?s: nothing was asked for\\.$`))
        }
        const json = yield* unchoke(["seed", torrent, folder, "--seed-time", "100ms", "--port", "0", "--json"])
        assert.deepInclude(JSON.parse(json.stdout.at(-1)!), {
          _tag: "Ended",
          stored: pieces,
          downloaded: 0,
          uploaded: 0,
        })
      }),
    )

    it.effect("renames and touches nothing, also where all of a file has the name of an unfinished one", () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const { file, folder, torrent } = yield* seeded(pieces)
        yield* fs.rename(file, `${file}.part`)
        const before = yield* fs.stat(`${file}.part`)
        const { code, stderr } = yield* unchoke(["seed", torrent, folder, "--seed-time", "300ms", "--port", "0"])
        assert.strictEqual(code, 0)
        assert.include(stderr, "All 1.25 MiB are there and right.")
        assert.deepStrictEqual(yield* fs.readDirectory(folder), ["film.mkv.part"])
        const after = yield* fs.stat(`${file}.part`)
        assert.deepStrictEqual([after.ino, after.mtime], [before.ino, before.mtime])
      }),
    )

    it.effect("a part is served as a part; interrupted, it says how it was", () =>
      Effect.gen(function* () {
        const { folder, torrent } = yield* seeded(7)
        const screen = recording()
        const fiber = yield* Effect.forkChild(unchoke(["seed", torrent, folder, "--port", "0"], screen))
        yield* until(screen, "Seeding now: Ctrl-C ends it.")
        assert.include(screen.stderr, "448 KiB of 1.25 MiB are there: that part is served.")
        yield* Fiber.interrupt(fiber)
        assert.match(screen.stderr.at(-1)!, /^Stopped seeding after [\d.]+ m?s: nothing was asked for\.$/)
        assert.deepStrictEqual(screen.stdout, [])
      }),
    )

    it.effect("nothing is there: 1; no such folder: 5", () =>
      Effect.gen(function* () {
        const { folder, torrent } = yield* seeded(0)
        const nothing = yield* unchoke(["seed", torrent, folder, "--port", "0", "--json"])
        assert.strictEqual(nothing.code, 1)
        assert.match(nothing.stderr[0]!, /^error: Nothing of film\.mkv is in .+ --seed$/)
        assert.deepInclude(JSON.parse(nothing.stdout.at(-1)!), { _tag: "NothingToSeed", name: "film.mkv", folder })
        const nowhere = yield* unchoke(["seed", torrent, join(folder, "nowhere")])
        assert.strictEqual(nowhere.code, 5)
        assert.include(nowhere.stderr.at(-1), "not found. Name the folder that the torrent's file or folder is in.")
      }),
    )

    it.effect("a download that is complete goes on with it", () =>
      Effect.gen(function* () {
        const { file, output, peerFlags, torrent } = yield* stage([Script.good])
        const flags = ["--seed-time", "300ms", "--port", "0", "--upload-limit", "1MiB", "--max-peers", "5"]
        const { code, stderr, stdout } = yield* unchoke(["download", torrent, ...peerFlags, ...output, ...flags])
        assert.strictEqual(code, 0, stderr.join("\n"))
        assert.match(stdout[0]!, /^Done\. .+film\.mkv is complete: 1\.25 MiB in .+\.$/)
        assert.strictEqual(stderr.at(-1), "Seeding now for 0.3 s; Ctrl-C ends it before.")
        assert.match(stdout[1]!, new RegExp(`^Seeded ${file} for .+: nothing was asked for\\.$`))
      }),
    )
  })

  describe("probe", () => {
    it.effect("says who wants encryption, and who hangs up whatever one says", () =>
      Effect.gen(function* () {
        const { peerFlags, torrent } = yield* stage([Script.encryptedOnly, Script.good, Script.hangUpOnHandshake])
        const probe = (policy: string) =>
          unchoke(["probe", torrent, ...peerFlags, ...impatient, "--unchoke-timeout", "1s", "--encryption", policy])
        const both = (yield* probe("prefer")).stdout.join("\n")
        assert.include(both, "would give us the file, encrypted")
        assert.include(both, "3 peers: 2 would give us the file, 1 hung up on plain and encrypted handshakes.")
        assert.include(both, "1 of them wants nothing but encrypted connections.")
        const plain = (yield* probe("off")).stdout.join("\n")
        assert.include(plain, "3 peers: 1 would give us the file, 2 closed during the handshake.")
        assert.notInclude(plain, "encrypted")
        const strict = (yield* probe("require")).stdout.join("\n")
        assert.include(strict, "3 peers: 1 would give us the file, 2 hung up on an encrypted handshake.")
        assert.notInclude(strict, "wants")
      }),
    )

    it.effect("is silent when asked to be, but for what is wrong: a script asks for its exit code", () =>
      Effect.gen(function* () {
        for (const [script, code] of [
          [Script.good, 0],
          [Script.refuse, 3],
        ] as const) {
          const { peerFlags, torrent } = yield* stage([script])
          const ended = yield* unchoke(["probe", torrent, ...peerFlags, ...impatient, "--quiet"])
          assert.strictEqual(ended.code, code)
          assert.deepStrictEqual(ended.stdout, [])
          if (code === 0) assert.deepStrictEqual(ended.stderr, [])
          else assert.match(ended.stderr[0]!, /^error: /)
        }
      }),
    )

    it.effect("prints a table, the best first, and a tally", () =>
      Effect.gen(function* () {
        const { peerFlags, peers, torrent } = yield* stage([
          Script.refuse,
          Script.incomplete(0, 1),
          Script.unchokeAfter(100),
          Script.goodNamed("Fast 1"),
        ])
        const flags = [...impatient, "--unchoke-timeout", "1s"]
        const { code, stderr, stdout } = yield* unchoke(["probe", torrent, ...peerFlags, ...flags])
        assert.strictEqual(code, 0)
        assert.lengthOf(stderr, 1)
        assert.match(stdout[0]!, /^PEER +FROM +CLIENT +HAS +CONNECT +HANDSHAKE +UNCHOKE +VERDICT$/)
        const cells = stdout.slice(1, 5).map((line) => line.split(/ {2,}/))
        assert.deepStrictEqual(
          cells.map((row) => row[0]),
          [peers[3], peers[2], peers[1], peers[0]],
        )
        assert.deepStrictEqual(
          cells.map((row) => row.at(-1)),
          ["would give us the file", "would give us the file", "never unchoked us", "refused the connection"],
        )
        assert.deepStrictEqual(
          cells.slice(0, 3).map((row) => row.slice(2, 4)),
          [
            ["Fast 1", "100 %"],
            ["Transmission 3.00", "100 %"],
            ["Transmission 3.00", "90 %"],
          ],
        )
        assert.strictEqual(
          stdout.at(-2),
          "4 peers: 2 would give us the file, 1 never unchoked us, 1 refused the connection.",
        )
      }),
    )

    it.effect("none would give it: 3", () =>
      Effect.gen(function* () {
        const { peerFlags, torrent } = yield* stage([Script.neverUnchoke])
        const { code, stderr, stdout } = yield* unchoke(["probe", torrent, ...peerFlags, "--unchoke-timeout", "200ms"])
        assert.strictEqual(code, 3)
        assert.strictEqual(stdout.at(-2), "1 peer: 1 never unchoked us.")
        assert.deepStrictEqual(stderr, [
          "Each peer gets 0.2 s to unchoke us, so this may take somewhat longer than that. Ctrl-C shows what is known so far.",
          "error: The only peer would not give us the file. Peers that never unchoked us may do so later: try --unchoke-timeout 2m.",
        ])
      }),
    )

    it.effect("none would give it, --json: the last line counts them, too", () =>
      Effect.gen(function* () {
        const { peerFlags, torrent } = yield* stage([Script.neverUnchoke])
        const args = ["probe", torrent, ...peerFlags, "--unchoke-timeout", "200ms", "--json"]
        const { code, stdout } = yield* unchoke(args)
        assert.strictEqual(code, 3)
        const totals = { peers: 1, passed: 0, partial: 0, copies: 1 }
        assert.deepInclude(JSON.parse(stdout.at(-1)!), { _tag: "NoSuitablePeer", ...totals, exitCode: 3 })
      }),
    )

    it.effect("interrupted, it shows what is known", () =>
      Effect.gen(function* () {
        const { peerFlags, torrent } = yield* stage([Script.neverUnchoke, Script.good])
        const screen = recording()
        const fiber = yield* Effect.forkChild(unchoke(["probe", torrent, ...peerFlags], screen, 120))
        const known = Effect.sync(() => screen.live.at(-1) ?? "")
        yield* Effect.repeat(Effect.delay(known, 20), {
          until: (line) => line.includes("1 would give us the file, 1 still waiting to be unchoked"),
        })
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(screen.stdout.at(-2), "2 peers: 1 would give us the file, 1 still waiting to be unchoked.")
      }),
    )

    it.effect("interrupted, --json says so", () =>
      Effect.gen(function* () {
        const { peerFlags, torrent } = yield* stage([Script.neverUnchoke, Script.good])
        const screen = recording()
        const fiber = yield* Effect.forkChild(unchoke(["probe", torrent, ...peerFlags, "--json"], screen))
        const known = Effect.sync(() => screen.stdout.filter((line) => /"(Parked|Passed)"/.test(line)).length)
        yield* Effect.repeat(Effect.delay(known, 20), { until: (peers) => peers >= 3 })
        yield* Fiber.interrupt(fiber)
        assert.deepInclude(JSON.parse(screen.stdout.at(-1)!), {
          _tag: "Interrupted",
          peers: 2,
          passed: 1,
          partial: 0,
          exitCode: 130,
        })
      }),
    )

    it.effect("--json prints events", () =>
      Effect.gen(function* () {
        const { peerFlags, torrent } = yield* stage([Script.good])
        const { code, stdout } = yield* unchoke(["probe", torrent, ...peerFlags, "--json"])
        assert.strictEqual(code, 0)
        const events = stdout.slice(1, -1).map((line) => Schema.decodeSync(Schema.fromJsonString(SurveyEvent))(line))
        assert.isTrue(events.some(({ _tag }) => _tag === "Passed"))
        assert.deepInclude(JSON.parse(stdout.at(-1)!), { _tag: "Ended", peers: 1, passed: 1, partial: 0, exitCode: 0 })
      }),
    )
  })

  describe("verify", () => {
    it.effect("everything, something, nothing", () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const { content, folder, torrent } = yield* stage([])
        const file = join(folder, "film.mkv")
        const nothing = yield* unchoke(["verify", torrent, folder])
        assert.strictEqual(nothing.code, 1)
        assert.include(nothing.stdout[1], "missing     film.mkv")

        yield* fs.writeFile(file, content.data)
        const all = yield* unchoke(["verify", torrent, folder])
        assert.deepStrictEqual(all.stdout, [`All there. ${file}: 1.25 MiB, every piece is right.`])
        assert.strictEqual(all.code, 0)

        const damaged = content.data.slice()
        damaged[70_000]! ^= 1
        yield* fs.writeFile(file, damaged)
        const some = yield* unchoke(["verify", torrent, folder, "--json"])
        assert.strictEqual(some.code, 1)
        assert.deepStrictEqual(JSON.parse(some.stdout.join("")), {
          infoHash: Buffer.from(content.torrent.infoHash).toString("hex"),
          name: "film.mkv",
          pieces,
          present: pieces - 1,
          complete: false,
          files: [{ path: "film.mkv", length: content.data.length, what: "damaged", bad: 1, pieces }],
        })
        const quiet = yield* unchoke(["verify", torrent, folder, "--quiet"], recording(), 80)
        assert.deepStrictEqual(quiet, { code: 1, stdout: [], stderr: [], live: [] })
      }),
    )
  })

  describe("show", () => {
    it.effect("prints the sheet, or JSON", () =>
      Effect.gen(function* () {
        const { content, torrent } = yield* stage([])
        const sheet = yield* unchoke(["show", torrent])
        assert.strictEqual(sheet.code, 0)
        assert.strictEqual(sheet.stdout[0], "film.mkv")
        const json = yield* unchoke(["show", torrent, "--json"])
        const { infoHash } = JSON.parse(json.stdout.join("\n"))
        assert.strictEqual(infoHash, Buffer.from(content.torrent.infoHash).toString("hex"))
      }),
    )
  })

  describe("what goes wrong", () => {
    it.effect("a file that is no torrent, or none at all: 4", () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const { folder } = yield* stage([])
        const no = join(folder, "no.torrent")
        yield* fs.writeFileString(no, "d4:infod4:name3:abcee")
        for (const command of [["download"], ["probe"], ["show"]]) {
          const { code, stderr, stdout } = yield* unchoke([...command, no])
          assert.strictEqual(code, 4)
          assert.deepStrictEqual(stdout, [])
          assert.match(
            stderr.join("\n"),
            /^error: .*no\.torrent is not a valid torrent: the torrent's info.* is missing\. /,
          )
        }
        const verify = yield* unchoke(["verify", no, folder, "--json"])
        assert.strictEqual(verify.code, 4)
        assert.deepInclude(JSON.parse(verify.stdout[0]!), { _tag: "InvalidTorrent" })
        yield* fs.writeFileString(no, "d4:infod12:meta versioni2e4:name3:abc12:piece lengthi16384eee")
        const { code, stderr } = yield* unchoke(["show", no])
        assert.strictEqual(code, 4)
        assert.match(stderr.join("\n"), /^error: .*no\.torrent cannot be downloaded: it is for BitTorrent v2 alone/)
        const film = join(folder, "film.mkv")
        yield* fs.writeFileString(film, "")
        yield* fs.truncate(film, 128 * 1024 * 1024 + 1)
        const cases: ReadonlyArray<readonly [string, string]> = [
          [film, "it is longer than 128 MiB, so it is no torrent"],
          [join(folder, "none.torrent"), "there is no such file"],
          [folder, "it is a folder. Name a .torrent file in it"],
          [
            "magnet:?xt=urn:btih:abc",
            "the link has an info hash of 3 characters that is neither 40 hex digits nor 32 letters and digits of base32",
          ],
          ["http://127.0.0.1:2/a.torrent", "the server refused the connection"],
        ]
        for (const [path, why] of cases) {
          const { code, stderr } = yield* unchoke(["show", path])
          assert.strictEqual(code, 4)
          assert.isTrue(stderr.at(-1)!.endsWith(`: ${why}.`), stderr.at(-1))
        }
      }),
    )

    it.effect("a file where the folder should be: 5", () =>
      Effect.gen(function* () {
        const { peerFlags, torrent } = yield* stage([Script.good])
        const { code, stderr } = yield* unchoke(["download", torrent, ...peerFlags, "--output", torrent])
        assert.strictEqual(code, 5)
        assert.include(stderr.at(-1), `${torrent}: not a folder. There is a file where a folder should be`)
      }),
    )

    it.effect("no source names a peer: 6", () =>
      Effect.gen(function* () {
        const { torrent } = yield* stage([])
        for (const command of ["download", "probe"]) {
          const { code, stderr, stdout } = yield* unchoke([command, torrent])
          assert.strictEqual(code, 6)
          assert.deepStrictEqual(stdout, [])
          assert.include(stderr.join("\n"), "error: There was nobody to ask for peers:\n  trackers: none is named")
        }
        const tracker = yield* LoopbackTracker.make({ refusal: "not \u001b[2Jhere" })
        const refused = yield* stage([], { announce: tracker.announceUrl })
        const { code, stderr } = yield* unchoke(["probe", refused.torrent])
        assert.strictEqual(code, 6)
        assert.include(stderr[1], `No peers from ${tracker.announceUrl}: `)
        assert.include(stderr[1], "[2Jhere")
        assert.notInclude(stderr.join("\n"), "\u001b")
        const unasked = yield* unchoke(["probe", refused.torrent, "--no-tracker"])
        assert.strictEqual(unasked.code, 6)
        assert.lengthOf(tracker.announces, 1)
      }),
    )

    it.effect("a command line that makes no sense: 1, on stderr, with the way to help", () =>
      Effect.gen(function* () {
        const lines: ReadonlyArray<readonly [ReadonlyArray<string>, string, string]> = [
          [["downlod"], 'Unknown subcommand "downlod"', "unchoke --help"],
          [["download"], "Missing required argument: torrent", "unchoke download --help"],
          [["download", "a", "--peer", "1.2.3.4"], "Expected: host:port, such as", "unchoke download --help"],
          [["probe", "a", "--peer", "1.2.3.4:0"], "Expected: host:port, such as", "unchoke probe --help"],
          [["probe", "a", "--peer", "host name:80"], "Expected: host:port, such as", "unchoke probe --help"],
          [
            ["download", "a", "--links", "0"],
            "Expected: a whole number from 1 to 50, such as 3",
            "unchoke download --help",
          ],
          [
            ["download", "a", "--links", "3"],
            "--links belongs to --strategy race and sequence: a swarm downloads from everybody who has something.",
            "unchoke download --help",
          ],
          ...contradictions.map(
            ([line, what]) => [line.split(" "), what, `unchoke ${line.split(" ")[0]!} --help`] as const,
          ),
          [["download", "a", "--ratio", "0"], "Expected: a number above 0, such as 1.5", "unchoke download --help"],
          [["seed", "a", "--seed-time", "400d"], "Expected: a duration of at most 365 days", "unchoke seed --help"],
          [
            ["download", "a", "--download-limit", "0"],
            "Expected: bytes a second, more than 0",
            "unchoke download --help",
          ],
          [
            ["seed", "a", "--upload-limit", "10Mbit"],
            "Expected: bytes a second, such as 500KiB",
            "unchoke seed --help",
          ],
          [["seed", "a", "--max-peers", "0"], "Expected: a whole number from 1 to 1000", "unchoke seed --help"],
          [["download", "a", "--port", "65536"], "Expected: a port from 1 to 65535", "unchoke download --help"],
          [["seed", "a", "b", "--links", "3"], "--links is a flag of download, not of seed.", "unchoke seed --help"],
          [["stream", "a", "--seed"], "--seed is a flag of download, not of stream.", "unchoke stream --help"],
          [["seed", "-j", "3", "a"], "-j is a flag of download, not of seed.", "unchoke seed --help"],
          [["--jobs=3", "download", "a"], "--jobs is a flag of download: it stands behind", "unchoke download --help"],
          [
            ["download", "a", "--strategy", "race", "--sequential"],
            "--sequential belongs to --strategy swarm: in a race",
            "unchoke download --help",
          ],
          [
            ["download", "a", "--exec", "package.json"],
            "the one in this folder is ./package.json.",
            "unchoke download --help",
          ],
          [
            ["download", "a", "--exec", "./package.json a b"],
            "it is a line for the shell: --exec-shell './package.json a b'.",
            "unchoke download --help",
          ],
          [["download", "a", "--links", "x"], '"x". Expected: a whole number', "unchoke download --help"],
          [["download", "a", "--links", "1.5"], '"1.5". Expected: a whole number', "unchoke download --help"],
          [["download", "a", "--unchoke-timeout", "-1s"], '"-1s". Expected: a duration', "unchoke download --help"],
          [["download", "a", "-o", "b", "-o", "c"], "--output was given 2 times", "unchoke download --help"],
          [["download", "a", "--strategy", "-x"], "Missing value for flag --strategy", "unchoke download --help"],
          [["show", "a", "--fils"], "Did you mean --files?", "unchoke show --help"],
          [["show", "a", "-x"], "Unrecognized flag: -x in command unchoke show.", "unchoke show --help"],
          [["help", "downlod"], "Did you mean download?", "unchoke --help"],
          [["download", "a", "--strategy", "luck"], "luck", "unchoke download --help"],
          [
            ["download", "a", "--block-timeout", "soon"],
            "Expected: a duration of at most a day, such as",
            "unchoke download --help",
          ],
          [["verify", "a"], "Missing required argument: folder", "unchoke verify --help"],
          [["show", "a", "--nonsense"], "--nonsense", "unchoke show --help"],
        ]
        for (const [args, what, help] of lines) {
          const { code, stderr, stdout } = yield* unchoke(args)
          assert.strictEqual(code, 1)
          assert.lengthOf(stdout, args.includes("--json") ? 1 : 0)
          assert.include(stderr.join("\n"), what)
          assert.strictEqual(stderr.at(-1), `Try \`${help}\`.`)
          assert.lengthOf(stderr, 2, "one mistake, one sentence")
          // A program finds its last line here as well.
          if (args[0] === "help" || args.includes("--json")) continue
          const json = yield* unchoke([args[0]!, "--json", ...args.slice(1)])
          assert.strictEqual(json.code, 1)
          const last = JSON.parse(json.stdout.at(-1)!) as { _tag: string; message: string; exitCode: number }
          assert.deepInclude(last, { _tag: "InvalidInvocation", exitCode: 1 })
          assert.strictEqual(json.stderr[0], `error: ${last.message}`)
        }
      }),
    )

    it.effect("the help of seed names the folder", () =>
      Effect.gen(function* () {
        const { stdout } = yield* unchoke(["seed", "--help"])
        assert.include(stdout, "  unchoke seed [flags] [<torrent...>] [<folder>]")
      }),
    )

    it.effect("a list that cannot be read is named by its path", () =>
      Effect.gen(function* () {
        const { stderr, stdout } = yield* unchoke(["download", "--list", "none.txt", "--json"])
        assert.deepInclude(JSON.parse(stdout[0]!), { _tag: "UnreadableTorrent", path: "none.txt", as: "list" })
        assert.deepStrictEqual(stderr, ["error: Cannot read the list none.txt: there is no such file."])
      }),
    )

    it.effect("what is often saved in a torrent's place is told for what it is", () =>
      Effect.gen(function* () {
        const { folder, torrent } = yield* stage([])
        const fs = yield* FileSystem.FileSystem
        const said = (what: string, bytes: Uint8Array) =>
          Effect.gen(function* () {
            yield* fs.writeFile(join(folder, what), bytes)
            const { code, stderr } = yield* unchoke(["show", join(folder, what)])
            return `${code} ${stderr.join()}`
          })
        const page = new TextEncoder().encode("<!doctype html><title>Log in</title>")
        assert.match(
          yield* said("page", page),
          /^4 error: Cannot read .*page: it is a web page, saved in the place of the/,
        )
        const packed = gzipSync(yield* fs.readFile(torrent))
        assert.match(
          yield* said("packed", packed),
          /^4 error: Cannot read .*packed: it is packed; unpack it with gunzip\.$/,
        )
      }),
    )

    it.effect("a folder in the place of a torrent is said what to do with", () =>
      Effect.gen(function* () {
        const said = (...args: ReadonlyArray<string>) => Effect.map(unchoke(args), ({ stderr }) => stderr[0])
        assert.strictEqual(
          yield* said("seed", "test"),
          "error: Cannot read test: it is a folder. To make a torrent of it and serve that: unchoke seed --create test",
        )
        assert.strictEqual(
          yield* said("download", "test/"),
          "error: Cannot read test: it is a folder. For the torrents that are in it: test/*.torrent, or --watch test to take those that appear, too.",
        )
        assert.match((yield* said("show", "test"))!, /Name a \.torrent file in it\.$/)
        // A name that ends like a folder's is none of a file, also where it is relative.
        const { torrent } = yield* stage([])
        assert.strictEqual(
          yield* said("show", torrent, "--save", "nowhere/"),
          "error: Cannot write nowhere/: there is no such folder.",
        )
      }),
    )

    it.effect("an argument that is empty is a mistake, and not the working folder", () =>
      Effect.gen(function* () {
        const { code, stderr } = yield* unchoke(["download", "a.torrent", "--output", ""])
        assert.strictEqual(code, 1)
        assert.deepStrictEqual(stderr, [
          "error: There is nothing in the value of --output: perhaps a variable that is not set.",
        ])
      }),
    )

    it.effect("help is a result: that of all commands explains the exit codes, that of one leads there", () =>
      Effect.gen(function* () {
        const interrupted =
          "  130  interrupted by Ctrl-C, also a seed; a download goes on from there when it is started again"
        const commands = root.subcommands.flatMap((group) => group.commands.map(({ name }) => name))
        for (const args of [[], ...commands.map((name) => [name])]) {
          const { code, stderr, stdout } = yield* unchoke([...args, "--help"])
          assert.strictEqual(code, 0)
          assert.deepStrictEqual(stderr, [])
          assert.include(stdout, "EXIT CODES")
          for (const [at, line] of stdout.entries()) {
            if (at > 0 && /^[A-Z][A-Z ]+$/.test(line)) assert.strictEqual(stdout[at - 1], "", `before ${line}`)
          }
          const isOfAll = args.length === 0
          assert.strictEqual(stdout.includes(interrupted), isOfAll)
          assert.strictEqual(
            stdout.some((line) => line.includes("see `unchoke --help`")),
            !isOfAll,
          )
          // It is beside the flag's name.
          if (!isOfAll) assert.notInclude(stdout.join("\n"), "(choices:")
        }
      }),
    )
  })
})

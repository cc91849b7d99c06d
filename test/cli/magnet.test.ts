/** The commands with a link where a torrent file is taken, on a swarm of real sockets. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { MagnetLink } from "@unchoke/protocol"
import { Content, LoopbackSwarm, LoopbackTracker, Script } from "@unchoke/testkit"
import { assert, describe, layer } from "@effect/vitest"
import { Effect, Fiber, FileSystem } from "effect"
import * as Hex from "effect/encoding/Hex"
import { NetAddress } from "effect/net"
import { join } from "node:path"
import { recording, unchoke } from "./cli.ts"

const content = Content.make({ name: "film.mkv", files: 20 * 65_536 - 1000, pieceLength: 65_536 })
const hash = Hex.encode(content.torrent.infoHash)

const honest = Script.describing({ answers: "true" })
const silent = Script.describing({ answers: "nothing" })
/** Describes the torrent, and then gives so many blocks and no more. */
const stalls = (blocks: number): Script.Script =>
  honest._tag === "Accept" ? { ...honest, steps: [...honest.steps.slice(0, -1), { _tag: "Serve", blocks }] } : honest

/** A folder, and a swarm to which a link leads by its peers. */
const stage = Effect.fnUntraced(function* (...scripts: ReadonlyArray<Script.Script>) {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "unchoke-magnet-" })
  const swarm = yield* LoopbackSwarm.start(
    content,
    scripts.map((script) => ({ script })),
  )
  const peers = swarm.addresses.map(NetAddress.formatInet)
  const out = join(folder, "out")
  const file = join(out, content.torrent.name)
  return {
    fs,
    folder,
    swarm,
    peers,
    out,
    file,
    link: `magnet:?xt=urn:btih:${hash}${peers.map((peer) => `&x.pe=${peer}`).join("")}`,
    isComplete: Effect.map(fs.readFile(file), (bytes) => Buffer.from(bytes).equals(content.data)),
    inFolder: Effect.orElseSucceed(fs.readDirectory(out), () => []),
  }
})

const quickly = [
  "--no-lsd",
  "--connect-timeout",
  "300ms",
  "--handshake-timeout",
  "300ms",
  "--bitfield-timeout",
  "300ms",
]

/** What a line of `--json` says; all of them are JSON. */
const said = (stdout: ReadonlyArray<string>) =>
  stdout.map((line) => JSON.parse(line) as { readonly _tag: string } & Record<string, unknown>)

/** A download by a link that is interrupted when some pieces are there. */
const begun = Effect.fnUntraced(function* (link: string, out: string) {
  const screen = recording()
  const first = yield* Effect.forkChild(unchoke(["download", link, "--output", out, "--json", ...quickly], screen))
  const some = Effect.sync(() => screen.stdout.filter((line) => line.includes('"PieceStored"')).length)
  yield* Effect.repeat(Effect.delay(some, 20), { until: (pieces) => pieces >= 5 })
  yield* Fiber.interrupt(first)
})

/** The same download again, by the hash alone, from somebody else. */
const goneOn = ({ addresses }: { readonly addresses: ReadonlyArray<NetAddress.InetAddress> }, out: string) =>
  unchoke(["download", hash, "--peer", NetAddress.formatInet(addresses[0]!), "--output", out, "--json", ...quickly])

layer(NodeServices.layer, { excludeTestServices: true, timeout: "30 seconds" })("a link", (it) => {
  describe("download", () => {
    it.effect("it arrives from the peers that it names, and leaves nothing else", () =>
      Effect.gen(function* () {
        const { inFolder, isComplete, link, out } = yield* stage(honest, Script.refuse, Script.good)
        const { code, stderr, stdout } = yield* unchoke(["download", link, "--output", out, ...quickly])
        assert.strictEqual(code, 0, stderr.join("\n"))
        assert.isTrue(yield* isComplete)
        assert.deepStrictEqual(yield* inFolder, ["film.mkv"])
        assert.match(stdout.at(-1)!, /film\.mkv/)
      }),
    )

    it.effect("its events tell when it is known what it is", () =>
      Effect.gen(function* () {
        const { link, out } = yield* stage(honest)
        const { code, stdout } = yield* unchoke(["download", link, "--output", out, "--json", ...quickly])
        assert.strictEqual(code, 0)
        const lines = said(stdout)
        const tags = lines.map(({ _tag }) => _tag)
        assert.isBelow(tags.indexOf("Describing"), tags.indexOf("Described"))
        assert.isBelow(tags.indexOf("Described"), tags.indexOf("Checking"))
        assert.deepInclude(
          lines.find(({ _tag }) => _tag === "Described")!,
          {
            name: "film.mkv",
            bytes: content.data.length,
            pieces: 20,
            files: 1,
            private: false,
          },
        )
        assert.deepInclude(lines.at(-1)!, { _tag: "Ended", stored: 20, exitCode: 0 })
      }),
    )

    it.effect("a bare info hash and a tracker's peers are enough", () =>
      Effect.gen(function* () {
        const { isComplete, out, swarm } = yield* stage(honest)
        const tracker = yield* LoopbackTracker.make({ peers: swarm.addresses })
        const link = `magnet:?xt=urn:btih:${hash}&tr=${encodeURIComponent(tracker.announceUrl)}`
        const { code } = yield* unchoke(["download", link, "--output", out, ...quickly])
        assert.strictEqual(code, 0)
        assert.isTrue(yield* isComplete)
        const again = yield* unchoke([
          "download",
          hash,
          "--output",
          out,
          "--peer",
          NetAddress.formatInet(swarm.addresses[0]!),
          ...quickly,
        ])
        assert.strictEqual(again.code, 0)
        // Who is asked has only to say what it is.
        assert.strictEqual(swarm.served.length, 80)
      }),
    )

    it.effect("interrupted while peers are asked, its last line says so", () =>
      Effect.gen(function* () {
        const { inFolder, link, out } = yield* stage(silent)
        const screen = recording()
        const fiber = yield* Effect.forkChild(
          unchoke(["download", link, "--output", out, "--json", ...quickly], screen),
        )
        const asking = Effect.sync(() => screen.stdout.some((line) => line.includes('"Describing"')))
        yield* Effect.repeat(Effect.delay(asking, 20), { until: (is) => is })
        yield* Fiber.interrupt(fiber)
        assert.deepInclude(JSON.parse(screen.stdout.at(-1)!), {
          _tag: "Interrupted",
          stored: 0,
          bytes: 0,
          exitCode: 130,
        })
        assert.deepStrictEqual(yield* inFolder, [])
      }),
    )

    it.effect("says on the terminal whom it asks", () =>
      Effect.gen(function* () {
        const { link, out } = yield* stage(silent, silent)
        const screen = recording()
        const fiber = yield* Effect.forkChild(unchoke(["download", link, "--output", out, ...quickly], screen, 100))
        const asking = Effect.sync(() =>
          screen.live.some((line) => line.includes("Asking 2 peers what the torrent is")),
        )
        yield* Effect.repeat(Effect.delay(asking, 20), { until: (is) => is })
        yield* Fiber.interrupt(fiber)
      }),
    )

    it.effect("goes on where it was without asking anybody what it is, and leaves nothing behind", () =>
      Effect.gen(function* () {
        const { file, folder, fs, inFolder, link, out } = yield* stage(stalls(40))
        yield* begun(link, out)
        assert.isTrue((yield* inFolder).some((name) => name.endsWith("-description")))
        // Who does not describe it now has it all the same.
        const rest = yield* LoopbackSwarm.start(content, [{ script: Script.good }])
        const { code, stdout } = yield* goneOn(rest, out)
        assert.strictEqual(code, 0, stdout.at(-1))
        const tags = said(stdout).map(({ _tag }) => _tag)
        assert.isFalse(tags.includes("Describing"))
        assert.isTrue(tags.includes("Described"))
        assert.isBelow(rest.served.length, 80)
        assert.deepStrictEqual(yield* inFolder, ["film.mkv"])
        assert.isTrue(Buffer.from(yield* fs.readFile(file)).equals(content.data))
        assert.deepStrictEqual(yield* fs.readDirectory(folder), ["out"])
      }),
    )

    it.effect("what was kept and is damaged is not believed: peers are asked again", () =>
      Effect.gen(function* () {
        const { fs, inFolder, isComplete, link, out } = yield* stage(stalls(40))
        yield* begun(link, out)
        const kept = (yield* inFolder).find((name) => name.endsWith("-description"))!
        const bytes = yield* fs.readFile(join(out, kept))
        bytes[bytes.length - 2]! ^= 1
        yield* fs.writeFile(join(out, kept), bytes)
        const rest = yield* LoopbackSwarm.start(content, [{ script: honest }])
        const { code, stdout } = yield* goneOn(rest, out)
        assert.strictEqual(code, 0, stdout.at(-1))
        assert.isTrue(said(stdout).some(({ _tag }) => _tag === "Describing"))
        assert.isTrue(yield* isComplete)
        assert.deepStrictEqual(yield* inFolder, ["film.mkv"])
      }),
    )

    it.effect("to a folder in which all of it is already, it fetches only what it is", () =>
      Effect.gen(function* () {
        const { file, fs, inFolder, link, out, swarm } = yield* stage(honest)
        yield* fs.makeDirectory(out)
        yield* fs.writeFile(file, content.data)
        const { code, stdout } = yield* unchoke(["download", link, "--output", out, "--json", ...quickly])
        assert.strictEqual(code, 0)
        assert.deepInclude(JSON.parse(stdout.at(-1)!), { _tag: "Ended", stored: 20, downloaded: 0 })
        assert.strictEqual(swarm.served.length, 0)
        assert.deepStrictEqual(
          (yield* inFolder).filter((name) => name.endsWith("-description")),
          [],
        )
      }),
    )

    it.effect("nobody knows it: each one's verdict, and exit code 3", () =>
      Effect.gen(function* () {
        const { link, out } = yield* stage(Script.good, Script.describing({ answers: "reject" }))
        const { code, stderr } = yield* unchoke(["download", link, "--output", out, ...quickly])
        assert.strictEqual(code, 3)
        assert.match(stderr.join("\n"), /does not know itself what the torrent is/)
        assert.match(stderr.join("\n"), /would not say what the torrent is/)
      }),
    )
  })

  describe("show", () => {
    it.effect("fetches what it is and nothing of it", () =>
      Effect.gen(function* () {
        const { link, swarm } = yield* stage(honest)
        const { code, stdout } = yield* unchoke(["show", link, "--no-lsd"])
        assert.strictEqual(code, 0)
        assert.strictEqual(stdout[0], "film.mkv")
        assert.strictEqual(swarm.served.length, 0)
      }),
    )

    it.effect("--json is one JSON value", () =>
      Effect.gen(function* () {
        const { link } = yield* stage(honest)
        const { code, stdout } = yield* unchoke(["show", link, "--json", "--no-lsd"])
        assert.strictEqual(code, 0)
        const shown: unknown = JSON.parse(stdout.join("\n"))
        assert.include(shown as object, { name: "film.mkv" })
      }),
    )

    it.effect("--save keeps it, as a torrent file that leads to the same; what is there is left as it is", () =>
      Effect.gen(function* () {
        const { folder, fs, link } = yield* stage(honest)
        const path = join(folder, "saved.torrent")
        const tracker = "&tr=udp%3A%2F%2Ftracker.invalid%3A6969"
        const saved = yield* unchoke(["show", `${link}${tracker}`, "--save", path, "--no-tracker", "--no-lsd"])
        assert.strictEqual(saved.code, 0, saved.stderr.join("\n"))
        const { stdout } = yield* unchoke(["show", path, "--magnet"])
        assert.strictEqual(stdout.length, 1)
        const again = MagnetLink.fromString(stdout[0]!)
        assert.deepInclude(again, { _tag: "Success" })
        assert.include(stdout[0]!, hash)
        assert.include(stdout[0]!, "tr=udp%3A%2F%2Ftracker.invalid%3A6969")
        const before = yield* fs.readFile(path)
        const second = yield* unchoke(["show", link, "--save", path, "--no-lsd"])
        assert.notStrictEqual(second.code, 0)
        assert.match(
          second.stderr.join("\n"),
          /error: Cannot write .*saved\.torrent: it is there already; --force replaces it\.$/,
        )
        assert.deepStrictEqual(yield* fs.readFile(path), before)
        yield* fs.writeFile(path, new Uint8Array(3))
        assert.strictEqual((yield* unchoke(["show", link, "--save", path, "--force", "--no-lsd"])).code, 0)
        assert.strictEqual((yield* unchoke(["show", path, "--magnet"])).code, 0)
        yield* unchoke(["show", path, "--save", folder])
        assert.deepStrictEqual(yield* fs.readFile(join(folder, "film.mkv.torrent")), yield* fs.readFile(path))
        const piped = yield* unchoke(["show", path, "--save", "-"])
        assert.strictEqual(piped.stdout.join("\n"), Buffer.from(yield* fs.readFile(path)).toString("latin1"))
      }),
    )

    it.effect("--magnet of a torrent file asks nobody", () =>
      Effect.gen(function* () {
        const { folder, fs } = yield* stage()
        const path = join(folder, "film.torrent")
        yield* fs.writeFile(path, content.bytes)
        const { code, stdout } = yield* unchoke(["show", path, "--magnet"])
        assert.strictEqual(code, 0)
        const link = `magnet:?xt=urn:btih:${hash}&dn=film.mkv`
        assert.deepStrictEqual(stdout, [link])
        const json = yield* unchoke(["show", path, "--magnet", "--json"])
        assert.deepStrictEqual(
          json.stdout.map((line) => JSON.parse(line) as unknown),
          [{ name: "film.mkv", infoHash: hash, magnet: link }],
        )
      }),
    )

    it.effect("--save --json says where it is", () =>
      Effect.gen(function* () {
        const { folder, link } = yield* stage(honest)
        const path = join(folder, "film.torrent")
        const { stdout } = yield* unchoke(["show", link, "--save", path, "--json", "--no-lsd"])
        assert.deepStrictEqual(
          stdout.map((line) => JSON.parse(line) as unknown),
          [{ name: "film.mkv", infoHash: hash, saved: path }],
        )
      }),
    )

    it.effect("peers are asked with the deadlines and the encryption that were given", () =>
      Effect.gen(function* () {
        const { link } = yield* stage(honest, Script.silent)
        const asked = ["show", link, "--no-lsd", "--connect-timeout", "2s", "--handshake-timeout", "300ms"]
        assert.strictEqual((yield* unchoke([...asked, "--encryption", "off"])).code, 0)
        const { code, stderr } = yield* unchoke([...asked, "--encryption", "require"])
        assert.strictEqual(code, 3)
        assert.match(
          stderr.at(-1)!,
          /^Nobody who was reached took encrypted words: .+ Leave out --encryption require\. More may be found without --no-lsd\. `unchoke probe .+ --no-lsd --encryption require` shows/,
        )
      }),
    )
  })

  describe("seed", () => {
    it.effect("asks what it is, looks at what is there, and serves it", () =>
      Effect.gen(function* () {
        const { folder, fs, link, peers } = yield* stage(honest)
        yield* fs.writeFile(join(folder, "film.mkv"), content.data)
        // Once by its address, once by a name that has to be looked up.
        for (const peer of [peers[0]!, peers[0]!.replace("127.0.0.1", "localhost")]) {
          const named = link.replace(/x\.pe=.*/, `x.pe=${peer}`)
          const flags = ["--seed-time", "200ms", "--port", "0", "--no-lsd", "--connect-timeout", "2s"]
          const { code, stderr, stdout } = yield* unchoke(["seed", named, folder, ...flags])
          assert.strictEqual(code, 0, stderr.join("\n"))
          assert.include(stderr, "All 1.25 MiB are there and right.")
          assert.match(stdout.at(-1)!, /^Seeded .*film\.mkv for /)
        }
      }),
    )

    it.effect("of which nobody says what it is ends, and says what would tell", () =>
      Effect.gen(function* () {
        const { folder, link } = yield* stage(Script.refuse)
        const { code, stderr } = yield* unchoke(["seed", link, folder, "--no-lsd"])
        assert.strictEqual(code, 3)
        assert.match(stderr.at(-1)!, /a \.torrent file tells it without anybody\.$/)
      }),
    )
  })

  describe("probe", () => {
    it.effect("asks what it is first, and tells where it has heard of each", () =>
      Effect.gen(function* () {
        const { link, peers } = yield* stage(honest, Script.neverUnchoke)
        const more = yield* LoopbackSwarm.start(content, [{ script: Script.good }])
        const given = ["--peer", NetAddress.formatInet(more.addresses[0]!), "--unchoke-timeout", "500ms"]
        const { code, stdout } = yield* unchoke(["probe", link, ...given, ...quickly], recording(), 120)
        assert.strictEqual(code, 0)
        const rowOf = (peer: string) => stdout.find((line) => line.startsWith(peer)) ?? ""
        assert.match(rowOf(peers[0]!), /x\.pe .*would give us the file/)
        assert.match(rowOf(peers[1]!), /x\.pe .*never unchoked us/)
        assert.match(rowOf(NetAddress.formatInet(more.addresses[0]!)), / you .*would give us the file/)
        assert.isTrue(stdout.some((line) => /^x\.pe +2 +2 +1$/.test(line)))
      }),
    )

    it.effect("its last line of JSON says what each source was worth", () =>
      Effect.gen(function* () {
        const { link } = yield* stage(honest, Script.refuse)
        const { code, stdout } = yield* unchoke(["probe", link, "--json", ...quickly])
        assert.strictEqual(code, 0)
        const last = said(stdout).at(-1)!
        assert.deepStrictEqual(last["sources"], [{ from: "x.pe", peers: 2, exist: 1, give: 1 }])
      }),
    )
  })

  describe("what is wrong with it is told in a sentence", () => {
    it.effect.each([
      ["magnet:?dn=x", /^error: Cannot read magnet:\?dn=x: the link has no info hash: xt=urn:btih: is missing\.$/],
      ["magnet:?xt=urn:btih:zz", /the link has an info hash of 2 characters that is neither 40 hex digits nor 32 /],
      [`magnet:?xt=urn:btmh:1220${"ab".repeat(32)}`, /the link is of BitTorrent v2 alone \(btmh\), which is not /],
      [`magnet:?xt=urn:btih:${hash}&dn=${"x".repeat(300_000)}`, /the link is longer than 262144 characters\.$/],
    ] as const)("%.50s", ([link, words]) =>
      Effect.gen(function* () {
        for (const command of ["download", "probe", "show"]) {
          const { code, stderr } = yield* unchoke([command, link])
          assert.strictEqual(code, 4)
          assert.match(stderr[0]!, words)
          assert.isBelow(stderr[0]!.length, 300)
        }
      }),
    )
  })

  it.effect("of a private tracker and web seed is told by no command with the pass keys that are in it", () =>
    Effect.gen(function* () {
      const { folder, link } = yield* stage(Script.refuse)
      const key = "0123456789abcdef0123456789abcdef"
      const trackers = ["tr=http%3A%2F%2F127.0.0.1%3A1%2FKEY%2Fannounce", "tr=http://127.0.0.1:1/announce?passkey=KEY"]
      const all = [link, ...trackers, "ws=http://127.0.0.1:1/f?token=KEY"].join("&").replaceAll("KEY", key)
      const alone = ["--no-dht", ...quickly.slice(0, 3), "--local-tracker"]
      const commands = [
        ["download", all, ...alone, "--output", folder],
        ["download", all, all, join(folder, "none"), ...alone, "--output", folder],
        ["download", all, ...alone, "--output", folder, "--json"],
        ["probe", all, ...alone],
        ["probe", all, ...alone, "--json"],
        ["show", all, ...alone],
        ["stream", all, ...alone, "--output", folder],
        ["seed", all, folder, ...alone],
        ["verify", all, folder],
        ["download", all.replace(hash, "12"), ...alone],
        [all],
      ]
      for (const args of commands) {
        const { code, stderr, stdout } = yield* unchoke(args)
        assert.notStrictEqual(code, 0)
        assert.notInclude([...stdout, ...stderr].join("\n"), key, args.join(" "))
      }
    }).pipe(Effect.scoped),
  )
})

/** A probe as a report: the same from its events and from what `--json` recorded of them, and never in the place of something else. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Content, LoopbackSwarm, Script } from "@unchoke/testkit"
import { assert, describe, layer } from "@effect/vitest"
import { Effect, FileSystem, Schema } from "effect"
import { NetAddress } from "effect/net"
import { join } from "node:path"
import * as Units from "../../packages/cli/src/render/units.ts"
import * as Scale from "../../packages/cli/src/report/Scale.ts"
import { unchoke } from "./cli.ts"

const stage = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "unchoke-report-" })
  const content = Content.make({ name: "film & more.mkv", files: 20 * 65_536, pieceLength: 65_536 })
  const swarm = yield* LoopbackSwarm.start(content, [
    { script: Script.good, client: "-TR4060-" },
    { script: Script.incomplete(3, 4, 5), client: "-LT20A0-" },
    { script: Script.neverUnchoke },
    { script: Script.refuse },
  ])
  const torrent = join(folder, "film.torrent")
  yield* fs.writeFile(torrent, content.bytes)
  const peers = swarm.addresses.flatMap((peer) => ["--peer", NetAddress.formatInet(peer)])
  const probe = ["probe", torrent, "--no-tracker", ...peers, "--unchoke-timeout", "1s", "--bitfield-timeout", "1s"]
  const file = (name: string) => join(folder, name)
  return { fs, file, probe }
})

layer(NodeServices.layer, { excludeTestServices: true, timeout: "30 seconds" })("reports", (it) => {
  it.effect("are the same from what was recorded; a recording that was cut is drawn as far as it goes", () =>
    Effect.gen(function* () {
      const { file, fs, probe } = yield* stage
      const live = yield* unchoke([...probe, "--json", "--html", file("live.html"), "--svg", file("live.svg")])
      assert.strictEqual(live.code, 0)
      yield* fs.writeFileString(file("probe.jsonl"), live.stdout.join("\n"))
      const again = ["report", file("probe.jsonl"), "--html", file("again.html"), "--svg", file("again.svg")]
      assert.strictEqual((yield* unchoke(again)).code, 0)
      for (const kind of ["html", "svg"]) {
        const text = yield* fs.readFileString(file(`live.${kind}`))
        assert.strictEqual(yield* fs.readFileString(file(`again.${kind}`)), text)
        for (const said of ["film &amp; more.mkv", "would give us the file", "refused the connection"])
          assert.include(text, said)
      }
      // Its times are those that the table has too.
      const html = yield* fs.readFileString(file("live.html"))
      const told = live.stdout.flatMap((line) => {
        const { _tag, peer, seen } = JSON.parse(line)
        return _tag === "Passed" || _tag === "Partial" ? [{ peer, seen }] : []
      })
      assert.isAbove(told.length, 0)
      for (const { peer, seen } of told) {
        const [title] = html.split("<title>").filter((title) => title.startsWith(`${peer} `))
        assert.include(title, `: connecting ${Units.latency(seen.connect)}, `)
        assert.include(title, ` shaking hands ${Units.latency(seen.handshake)}, `)
        assert.match(title!, new RegExp(`waiting to be unchoked ${Units.latency(seen.unchoke)}[,;]`))
      }
      yield* fs.writeFileString(file("cut.jsonl"), live.stdout.join("\n").slice(0, 700))
      assert.strictEqual((yield* unchoke(["report", file("cut.jsonl"), "--svg", file("cut.svg")])).code, 0)
    }).pipe(Effect.scoped),
  )

  it.effect("replace an older report and nothing else, which is told before anybody is asked", () =>
    Effect.gen(function* () {
      const { file, fs, probe } = yield* stage
      yield* fs.writeFileString(file("thesis.html"), "<html>mine")
      const { code, stderr } = yield* unchoke([...probe, "--html", file("thesis.html")])
      assert.strictEqual(code, 5)
      assert.match(stderr.join("\n"), /^error: Cannot write .*thesis\.html: it is there already, and is no report\.$/)
      for (let times = 0; times < 2; times++) {
        assert.strictEqual((yield* unchoke([...probe, "--svg", file("again.svg")])).code, 0)
      }
      assert.strictEqual(yield* fs.readFileString(file("thesis.html")), "<html>mine")
    }).pipe(Effect.scoped),
  )

  it.effect("go to stdout as -, and nothing else does", () =>
    Effect.gen(function* () {
      const { file, fs, probe } = yield* stage
      const { code, stderr, stdout } = yield* unchoke([...probe, "--html", "-", "--svg", file("with.svg")])
      assert.strictEqual(code, 0)
      assert.strictEqual(stdout.length, 1)
      assert.match(stdout[0]!, /^<!doctype html>[^]*<\/html>\n$/)
      assert.strictEqual(stderr.at(-1), `The picture is in ${file("with.svg")}.`)
      const quiet = yield* unchoke([...probe, "--quiet", "--svg", "-"])
      assert.match(quiet.stdout.join("|"), /^<svg [^|]*<\/svg>\n$/)
      assert.deepStrictEqual(quiet.stderr, [])

      yield* fs.writeFileString(file("probe.jsonl"), (yield* unchoke([...probe, "--json"])).stdout.join("\n"))
      const drawn = yield* unchoke(["report", file("probe.jsonl"), "--svg", "-"])
      assert.match(drawn.stdout.join("|"), /^<svg [^|]*<\/svg>\n$/)
      assert.deepStrictEqual(drawn.stderr, [])
    }).pipe(Effect.scoped),
  )

  it.effect("appear whole: what was there is no longer than it was, and nothing is left beside it", () =>
    Effect.gen(function* () {
      const { file, fs, probe } = yield* stage
      yield* fs.writeFileString(file("probe.jsonl"), (yield* unchoke([...probe, "--json"])).stdout.join("\n"))
      yield* fs.writeFileString(file("old.svg"), `<svg xmlns=${"x".repeat(1_000_000)}`)
      yield* fs.symlink(file("old.svg"), file("link.svg"))
      const { code, stderr } = yield* unchoke(["report", file("probe.jsonl"), "--svg", file("link.svg")])
      assert.strictEqual(code, 0)
      assert.deepStrictEqual(stderr, [`The picture is in ${file("link.svg")}.`])
      assert.match(yield* fs.readFileString(file("old.svg")), /^<svg [^]*<\/svg>\n$/)
      assert.deepStrictEqual((yield* fs.readDirectory(file("."))).toSorted(), [
        "film.torrent",
        "link.svg",
        "old.svg",
        "probe.jsonl",
      ])
      const nowhere = yield* unchoke([...probe, "--html", file("none/x.html")])
      assert.strictEqual(nowhere.code, 5)
      assert.match(nowhere.stderr.join("\n"), /^error: Cannot write .*x\.html: there is no such folder\.$/)
      const noFolder = yield* unchoke([...probe, "--html", file("none/")])
      assert.match(noFolder.stderr.join("\n"), /^error: Cannot write .*none\/: there is no such folder\.$/)
    }).pipe(Effect.scoped),
  )

  describe("that want the same place are refused", () => {
    for (const [flags, said] of [
      [["--html", "x", "--svg", "./x"], /--html and --svg name the same file/],
      [["--html", "-", "--svg", "-"], /--html - and --svg - both want the standard output/],
      [["--json", "--html", "-"], /--json and --html - both want the standard output/],
    ] as const) {
      it.effect(flags.join(" "), () =>
        Effect.gen(function* () {
          const { probe } = yield* stage
          const { code, stderr, stdout } = yield* unchoke([...probe, ...flags])
          assert.strictEqual(code, 1)
          assert.match(stderr.join("\n"), said)
          assert.lengthOf(stdout, (flags as ReadonlyArray<string>).includes("--json") ? 1 : 0)
        }).pipe(Effect.scoped),
      )
    }
  })

  describe("of what is no recording", () => {
    for (const [what, text, said] of [
      ["another text", "once\nupon a time\n", /line 1 is none that/],
      ["an event that makes no sense", '{"_tag":"Passed","at":3}\n\n', /line 1 makes no sense/],
      ["one without its first line", '{"_tag":"Ended"}\n', /it does not begin as/],
    ] as const) {
      it.effect(`${what}: 4`, () =>
        Effect.gen(function* () {
          const { file, fs } = yield* stage
          yield* fs.writeFileString(file("x.jsonl"), text)
          const { code, stderr } = yield* unchoke(["report", file("x.jsonl"), "--svg", file("x.svg")])
          assert.strictEqual(code, 4)
          assert.match(stderr.join("\n"), said)
        }).pipe(Effect.scoped),
      )
    }
  })

  it.effect.prop(
    "moments keep their order on the axis, whatever its length",
    [
      Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1e7 })),
      Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1e7 })),
    ],
    ([moment, took]) =>
      Effect.sync(() => {
        const places = [0, moment, moment + 1].map((at) => Scale.at(at, took))
        assert.deepStrictEqual(
          places,
          places.toSorted((a, b) => a - b),
        )
        assert.isTrue(places.every((place) => place >= 0 && place <= 1))
        const ticks = Scale.ticks(took)
        assert.isTrue(ticks.every(({ at }, index) => index === 0 || at > ticks[index - 1]!.at))
      }),
  )

  it.effect.prop(
    "an axis has two ticks at least, apart from each other, and each says another moment, however short or long it is",
    [
      Schema.Union([
        Schema.Literals([0, 1, 2, 19, 99, 100]),
        Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 200 })),
        Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1e12 })),
      ]),
    ],
    ([took]) =>
      Effect.sync(() => {
        const ticks = Scale.ticks(took)
        assert.isAtLeast(ticks.length, 2)
        assert.strictEqual(new Set(ticks.map(({ text }) => text)).size, ticks.length)
        for (const [index, { at }] of ticks.entries()) {
          assert.isAtMost(at, 1)
          assert.isAtLeast(at, index === 0 ? 0 : ticks[index - 1]!.at + 0.09)
        }
      }),
  )
})

/** Settings: who wins over whom, and what is said of those that make no sense. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, layer } from "@effect/vitest"
import { Effect, FileSystem, Schema } from "effect"
import { join } from "node:path"
import { unchoke as root } from "../../packages/cli/src/commands/unchoke.ts"
import type { Variables } from "../../packages/cli/src/settings/inEnvironment.ts"
import * as Manual from "../../packages/cli/src/settings/Manual.ts"
import { settled } from "../../packages/cli/src/settings/settled.ts"
import { unchoke } from "./cli.ts"

const written = Effect.fnUntraced(function* (toml: string) {
  const fs = yield* FileSystem.FileSystem
  const file = join(yield* fs.makeTempDirectoryScoped({ prefix: "unchoke-settings-" }), "config.toml")
  yield* fs.writeFileString(file, toml)
  return file
})

/** What the parser is given. */
const argsOf = Effect.fnUntraced(function* (typed: ReadonlyArray<string>, toml: string, environment: Variables = {}) {
  const file = yield* written(toml)
  const { argsWith, settings } = yield* settled(["--config", file, ...typed], environment).pipe(
    Effect.provideServiceEffect(Manual.Manual, Manual.make(root)),
  )
  return argsWith(settings).slice(2)
}, Effect.scoped)

layer(NodeServices.layer, { excludeTestServices: true })("settings", (it) => {
  it.effect.prop(
    "what is typed wins over the environment, that over the command's table, that over the rest of the file",
    [Schema.Boolean, Schema.Boolean, Schema.Boolean, Schema.Boolean],
    ([isTyped, isVariable, isInTable, isShared]) =>
      Effect.gen(function* () {
        const args = yield* argsOf(
          ["download", "x.torrent", ...(isTyped ? ["--max-peers", "1"] : [])],
          `${isShared ? "max-peers = 4\n" : ""}[seed]\nmax-peers = 5\n[download]\n${isInTable ? "max-peers = 3" : ""}`,
          isVariable ? { UNCHOKE_MAX_PEERS: "2" } : {},
        )
        const winner = [isTyped, isVariable, isInTable, isShared].indexOf(true) + 1
        const expected = winner < 2 ? [] : [`--max-peers=${winner}`]
        assert.deepStrictEqual(
          args.filter((arg) => arg.startsWith("--max-peers=")),
          expected,
        )
      }),
  )

  it.effect("are what a command takes of them, in every form", () =>
    Effect.gen(function* () {
      const args = yield* argsOf(
        ["download", "-qo", "there", "x.torrent"],
        'output = "/not/there"\nno-dht = true\nno-pex = false\ndht-node = ["a:1", "b:2"]\nmagnet = true\nratio = 1.5',
        { UNCHOKE_NO_LSD: "0", UNCHOKE_PEER: " c:3  d:4 ", UNCHOKE_PORT: "", UNCHOKE_QUIET: "yes" },
      )
      assert.deepStrictEqual(args.toSorted(), [
        "--dht-node=a:1",
        "--dht-node=b:2",
        "--no-dht=true",
        "--no-lsd=false",
        "--no-pex=false",
        "--peer=c:3",
        "--peer=d:4",
        "--ratio=1.5",
        "-qo",
        "download",
        "there",
        "x.torrent",
      ])
    }),
  )

  it.effect("that contradict what is typed are left out; those that contradict each other are a mistake", () =>
    Effect.gen(function* () {
      const file = yield* written('port = 51413\nmax-peers = 30\nratio = 2\nstrategy = "race"\nno-dht = true\n')
      const tried = (...args: ReadonlyArray<string>) => unchoke(["--config", file, "download", "x.torrent", ...args])
      const missing = /^error: Cannot read x\.torrent/
      assert.match((yield* tried("--strategy", "sequence")).stderr[0]!, missing)
      assert.match((yield* tried("--strategy", "swarm", "--dht-node", "127.0.0.1:9")).stderr[0]!, missing)
      const { stderr } = yield* tried()
      assert.match(stderr[0]!, /--ratio belongs to --strategy swarm/)
      assert.include(stderr, `--ratio=2 comes from ${file}.`)
      assert.include(stderr, `--strategy=race comes from ${file}.`)
    }).pipe(Effect.scoped),
  )

  it.effect("advice to leave out a flag tells where it is set", () =>
    Effect.gen(function* () {
      const folder = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()
      const link = `magnet:?xt=urn:btih:${"ab".repeat(20)}`
      const environment = { UNCHOKE_NO_DHT: "1", UNCHOKE_NO_LSD: "1" }
      const { stderr } = yield* unchoke(["show", link, "--save", join(folder, "x")], undefined, undefined, environment)
      assert.match(stderr.join("\n"), /--no-dht \(set by UNCHOKE_NO_DHT\)/)
    }).pipe(Effect.scoped),
  )

  it.effect("what stands after -- is no flag, and help needs no settings", () =>
    Effect.gen(function* () {
      assert.include(yield* argsOf(["verify", "--", "--json"], "json = true"), "--json=true")
      assert.deepStrictEqual(yield* argsOf(["verify", "--help"], "nonsense"), ["verify", "--help"])
    }),
  )

  describe("that make no sense are told with their place", () => {
    const cases: ReadonlyArray<readonly [toml: string, said: RegExp]> = [
      ["max-pears = 3", /name a flag that there is not: max-pears; did you mean max-peers\?/],
      ["[verify]\nport = 3", /name a flag that there is not: \[verify\] port/],
      ["[downlod]\nport = 3", /have a table \[downlod\], and there is no such command/],
      ["port = = 3", /make no sense as TOML: .*\(line 1\)/],
      ["port = 1979-05-27", /give port a value that no flag has/],
      ['output = ""', /give output an empty value/],
      ["peer = [[]]", /give peer a value that no flag has/],
      ["port = 70000", /--port=70000 comes from .*config\.toml/],
      ["port = [1, 2]", /--port was given 2 times[\s\S]*--port=1 --port=2 comes from .*config\.toml/],
      ["links = 3", /--links belongs to [\s\S]*--links=3 comes from .*config\.toml/],
      ["no-pex = 'perhaps'", /--no-pex=perhaps comes from .*config\.toml/],
    ]
    for (const [toml, said] of cases) {
      it.effect(JSON.stringify(toml), () =>
        Effect.gen(function* () {
          const { code, stderr, stdout } = yield* unchoke(["--config", yield* written(toml), "download", "x.torrent"])
          assert.match(stderr.join("\n"), said)
          assert.deepStrictEqual([code, stdout], [1, []])
        }).pipe(Effect.scoped),
      )
    }
  })

  it.effect("a file that was named and is not there is an error; a folder is none", () =>
    Effect.gen(function* () {
      const folder = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()
      for (const file of [folder, join(folder, "none.toml")]) {
        const { code, stderr } = yield* unchoke(["verify", "x.torrent", "y", "--config", file])
        assert.strictEqual(code, 1)
        assert.match(stderr.join("\n"), /^error: The settings in .* cannot be read: .*\.$/)
      }
    }).pipe(Effect.scoped),
  )

  it.effect("config tells what holds, for whom, and where it comes from", () =>
    Effect.gen(function* () {
      const file = yield* written("port = 51413\nmax-peers = 20\n[download]\nmax-peers = 30\n")
      const { code, stdout } = yield* unchoke(["config", "--json", "--config", file], undefined, undefined, {
        UNCHOKE_NO_LSD: "1",
      })
      const told = JSON.parse(stdout.join("\n"))
      assert.deepStrictEqual([code, told.file, told.exists], [0, file, true])
      const row = (name: string) =>
        told.settings
          .filter((setting: { readonly name: string }) => setting.name === name)
          .map(({ commands, from, values }: Record<string, unknown>) => ({ commands, from, values }))
      assert.deepStrictEqual(row("max-peers"), [
        { commands: ["download"], from: file, values: ["30"] },
        { commands: ["stream", "seed"], from: file, values: ["20"] },
      ])
      assert.deepStrictEqual(row("no-lsd")[0].from, "UNCHOKE_NO_LSD")
      const { stdout: sheet } = yield* unchoke(["config", "--all", "--config", file], undefined, 80)
      assert.isTrue(sheet.some((line) => /^max-peers \[download\] +30 /.test(line)))
      assert.isTrue(sheet.some((line) => /^ratio +– +default/.test(line)))
    }).pipe(Effect.scoped),
  )
})

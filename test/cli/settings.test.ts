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

/** Something that the flag takes. */
const valueFor = (name: string): string =>
  ({
    "dht-node": "a:1",
    encryption: "off",
    files: "1",
    not: "1",
    order: "bytes",
    otlp: "http://a/",
    peer: "a:1",
    "piece-length": "1MiB",
    strategy: "swarm",
    tracker: "udp://a:1",
    "web-seed": "http://a/",
  })[name] ?? "1"

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
        'output = "/not/there"\nno-dht = true\nno-pex = false\ndht-node = ["a:1", "b:2"]\npass-keys = true\nratio = 1.5',
        { UNCHOKE_NO_LSD: "0", UNCHOKE_PEER: " c:3  d:4 ", UNCHOKE_PORT: "", UNCHOKE_QUIET: "Yes" },
      )
      assert.deepStrictEqual(args.toSorted(), [
        "--dht-node=a:1",
        "--dht-node=b:2",
        "--no-dht=true",
        "--no-lsd=0",
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

  it.effect("that are wrong are all told at once, in the order of their lines, also as JSON", () =>
    Effect.gen(function* () {
      const toml = 'port = "abc"\n[sed]\njobs = 3\n[seed]\njobs = 3\npeer = [[]]\n[verify]\nzzz = 1\n'
      const file = yield* written(toml)
      const { code, stderr, stdout } = yield* unchoke(["--config", file, "config", "--json"])
      assert.strictEqual(code, 1)
      assert.strictEqual(stdout.length, 1)
      const { _tag, exitCode, faults } = JSON.parse(stdout[0]!)
      assert.deepStrictEqual([_tag, exitCode], ["InvalidSettings", 1])
      const lines = [1, 2, 5, 6, 8]
      assert.deepStrictEqual(
        faults.map(({ line }: { readonly line: number }) => line),
        lines,
      )
      assert.strictEqual(stderr.length, lines.length)
      for (const [at, line] of lines.entries()) assert.include(stderr[at]!, `, line ${line}, `)
    }).pipe(Effect.scoped),
  )

  describe("that make no sense are told with their place", () => {
    const cases: ReadonlyArray<readonly [toml: string, said: RegExp]> = [
      ["max-pears = 3", /, line 1, name a flag that there is not: max-pears; did you mean max-peers\?/],
      [
        "[verify]\nport = 3",
        /, line 2, name \[verify\] port, and verify has no such flag: port is one of download, stream(?:, \w+)* and \w+\./,
      ],
      [
        "[downlod]\nport = 3",
        /, line 1, have a table \[downlod\], and there is no such command; did you mean \[download\]\?/,
      ],
      ["port = = 3", /config\.toml, line 1, make no sense as TOML: /],
      ["\nport = 1979-05-27", /, line 2, give port a value that no flag has/],
      ["output = ~/D # mine", /, line 1, make no sense as TOML: .*; a text stands in quotes: "~\/D"\./],
      ['no-dht = true\noutput = "~/D\nport = 3', /, line 2, make no sense as TOML: .*; a text ends with ", too\./],
      ["output = 'x", /, line 1, make no sense as TOML: .*; a text ends with ', too\./],
      ["upload-limit = 500KiB", /, line 1, make no sense as TOML: .*; a text stands in quotes: "500KiB"\./],
      ["port = 1\nport = 2", /, line 2, make no sense as TOML: [^;]*\.$/],
      ['output = "C:\\Users"', /, line 1, make no sense as TOML: .*; in "…" a backslash is written twice/],
      ["no-dht = True", /, line 1, make no sense as TOML: .*; it is written true\./],
      ["[seed]\njobs = 3", /, line 2, name \[seed\] jobs, and seed has no such flag: jobs is one of download\./],
      ["port = 500000", /, line 1, set port to 500000; it takes/],
      ['output = ""', /give output an empty value/],
      ['output = "a\\u0000b"', /, line 1, give output a value with a NUL in it/],
      ["peer = [[]]", /give peer a value that no flag has/],
      ['name = "x"', /, line 1, name name, which is no setting: /],
      ['[create]\noutput = "x"', /, line 2, name \[create\] output, which is no setting: /],
      ["links = 3", /--links belongs to [\s\S]*--links=3 comes from .*config\.toml/],
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

  describe("a value that no flag takes is told with its place and with what is taken, whatever the command", () => {
    const cases: ReadonlyArray<readonly [toml: string, line: number | undefined, said: string]> = [
      ['port = "abc"', 1, 'set port to "abc"; it takes a port from 1 to 65535, such as 51413, or 0 for any.'],
      ['\n"port" = 70000', 2, "set port to 70000; it takes a port from 1 to 65535, such as 51413, or 0 for any."],
      ["port = [1, 2]", 1, "set port to 1, 2; it takes one value."],
      [
        "download-limit = 'fast'",
        1,
        'set download-limit to "fast"; it takes bytes a second, more than 0, such as 10MiB or 2MB.',
      ],
      ["no-pex = 'perhaps'", 1, 'set no-pex to "perhaps"; it takes true or false.'],
      ["strategy = 'swam'", 1, 'set strategy to "swam"; it takes swarm, race or sequence.'],
      [
        "# port = 1\n[seed]\nport = 'x'",
        3,
        'set [seed] port to "x"; it takes a port from 1 to 65535, such as 51413, or 0 for any.',
      ],
      ["seed.port = 'x'", 1, 'set [seed] port to "x"; it takes a port from 1 to 65535, such as 51413, or 0 for any.'],
      [
        "seed = { port = 'x' }",
        undefined,
        'set [seed] port to "x"; it takes a port from 1 to 65535, such as 51413, or 0 for any.',
      ],
      [
        "jobs = 3\npeer = ['a:1', 'b']",
        2,
        'set peer to "a:1", "b"; it takes host:port, such as 127.0.0.1:51413, [::1]:6881 or seed.example.org:6881.',
      ],
      ["[create]\nthreads = 0", 2, "set [create] threads to 0; it takes a whole number from 1 to 64."],
    ]
    for (const [toml, line, said] of cases) {
      it.effect(JSON.stringify(toml), () =>
        Effect.gen(function* () {
          const file = yield* written(toml)
          const place = `${file}${line === undefined ? "" : `, line ${line},`}`
          for (const args of [
            ["config"],
            ["config", "--json"],
            ["show", "x.torrent"],
            ["download", "--port", "1", "x"],
          ]) {
            const { code, stderr, stdout } = yield* unchoke([...args, "--config", file])
            assert.deepStrictEqual(stderr, [`error: The settings in ${place} ${said}`])
            assert.deepStrictEqual([code, stdout.length], [1, args.includes("--json") ? 1 : 0])
          }
        }).pipe(Effect.scoped),
      )
    }

    it.effect("of a variable; all that is wrong at once", () =>
      Effect.gen(function* () {
        const environment = { UNCHOKE_PORT: "abc", UNCHOKE_NO_LSD: "perhaps", UNCHOKE_RATIO: "1.5", UNCHOKE_OTHER: "?" }
        const file = yield* written("max-peers = 0")
        for (const args of [["config"], ["verify", "x.torrent", "y"]]) {
          const { code, stderr, stdout } = yield* unchoke(
            [...args, "--config", file],
            undefined,
            undefined,
            environment,
          )
          assert.deepStrictEqual(stderr, [
            `error: The settings in ${file}, line 1, set max-peers to 0; it takes a whole number from 1 to 1000, such as 30.`,
            'error: The variable UNCHOKE_NO_LSD is "perhaps"; it takes true or false.',
            'error: The variable UNCHOKE_PORT is "abc"; it takes a port from 1 to 65535, such as 51413, or 0 for any.',
          ])
          assert.deepStrictEqual([code, stdout], [1, []])
        }
      }).pipe(Effect.scoped),
    )
  })

  it.effect(
    "of what is typed each time there is none: neither which torrent it is about, nor what it says of itself, nor what is to be done",
    () =>
      Effect.gen(function* () {
        const manual = yield* Manual.make(root)
        const names = ["name", "comment", "private", "source", "tracker", "web-seed", "no-comment", "no-trackers"]
        const typedOnly = new Set([
          ...names,
          "list",
          "watch",
          "files",
          "not",
          "save",
          "create",
          "html",
          "svg",
          "magnet",
          "all",
        ])
        const set: Array<string> = []
        // Leave to replace a file that nobody has named is nothing.
        const file: Readonly<Record<string, ReadonlyArray<string>>> = {
          seed: ["--create", "--save", "y"],
          show: ["--save", "y"],
          edit: ["--output", "y"],
        }
        for (const command of manual.commands) {
          const flags = yield* manual.flagsOf(command)
          const environment = Object.fromEntries(
            flags.map(({ name }) => [`UNCHOKE_${name.toUpperCase().replaceAll("-", "_")}`, valueFor(name)]),
          )
          const args = yield* argsOf([command, "x", ...(file[command] ?? [])], "", environment)
          const taken = args.flatMap((arg) => /^--([a-z-]+)=/.exec(arg)?.[1] ?? [])
          const rest = new Set(flags.map(({ name }) => name).filter((name) => !taken.includes(name)))
          const apart = { create: ["output"], edit: ["output", "no-web-seeds"] }[command] ?? []
          for (const name of taken) assert.isFalse(typedOnly.has(name) || apart.includes(name), `${command} --${name}`)
          for (const name of rest) assert.isTrue(typedOnly.has(name) || apart.includes(name), `${command} --${name}`)
          set.push(...taken)
        }
        assert.includeMembers(set, ["output", "max-peers", "threads", "piece-length", "json", "exec"])
      }),
  )

  it.effect("how a torrent is made is nothing to a seed that makes none", () =>
    Effect.gen(function* () {
      const environment = { UNCHOKE_THREADS: "2", UNCHOKE_FORCE: "1" }
      assert.deepStrictEqual(yield* argsOf(["seed", "x"], "no-hidden = true", environment), ["seed", "x"])
      for (const command of ["edit", "show"])
        assert.deepStrictEqual(yield* argsOf([command, "x"], "", environment), [command, "x"])
      const made = yield* argsOf(["seed", "--create", "--save", "y", "x"], "no-hidden = true", environment)
      assert.includeMembers([...made], ["--threads=2", "--force=1", "--no-hidden=true"])
    }),
  )

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
      assert.include(sheet, "max-peers [download] = 30 (config.toml)")
      assert.include(sheet, "bitfield-timeout")
    }).pipe(Effect.scoped),
  )

  it.effect("config --all tells of each flag what its own commands say of it, all of it, at any width", () =>
    Effect.gen(function* () {
      const manual = yield* Manual.make(root)
      const fold = (lines: ReadonlyArray<string>) => lines.join(" ").replaceAll(/\s+/g, " ")
      const sheets = yield* Effect.forEach([80, 300, undefined], (columns) =>
        Effect.map(unchoke(["config", "--all"], undefined, columns), ({ stdout }) => fold(stdout)),
      )
      const { stdout } = yield* unchoke(["config", "--all", "--json"])
      const { settings } = JSON.parse(stdout.join(""))
      for (const { commands, description, name } of settings) {
        for (const sheet of sheets) assert.include(sheet, fold([description]))
        for (const command of commands) {
          const flag = (yield* manual.flagsOf(command)).find((flag) => flag.name === name)
          assert.strictEqual(description, flag?.description)
        }
      }
      assert.isAbove(settings.length, 40)
    }),
  )

  it.effect("config has each setting with its place in columns, or, where there is no room, in a line", () =>
    Effect.gen(function* () {
      const file = yield* written(`output = "/${"a".repeat(60)}"\nport = 1\n`)
      const at = (columns: number) =>
        Effect.map(unchoke(["config", "--config", file], undefined, columns), ({ stdout }) => stdout)
      const wide = yield* at(200)
      assert.isTrue(wide.some((line) => /^port {2,}1 {2,}config\.toml$/.test(line)))
      const narrow = yield* at(60)
      assert.include(narrow, "port = 1 (config.toml)")
      assert.isFalse(narrow.some((line) => line.startsWith("SETTING")))
    }).pipe(Effect.scoped),
  )

  it.effect("a variable that is none is told by config, with the one that was probably meant", () =>
    Effect.gen(function* () {
      const environment = { UNCHOKE_MAX_PEARS: "3", UNCHOKE_NAME: "x", UNCHOKE_HOME: "/" }
      const { code, stdout } = yield* unchoke(["config"], undefined, undefined, environment)
      assert.includeMembers(stdout, [
        "UNCHOKE_MAX_PEARS is of no setting, and ignored; did you mean UNCHOKE_MAX_PEERS?",
        "UNCHOKE_NAME is of no setting, and ignored: its flag is typed each time.",
        "UNCHOKE_HOME is of no setting, and ignored.",
      ])
      assert.strictEqual(code, 0)
    }),
  )
})

/** Making and changing torrents, from the arguments to the last line. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, layer } from "@effect/vitest"
import { Metainfo } from "@unchoke/protocol"
import { Effect, FileSystem, Result } from "effect"
import { randomBytes } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { recording, unchoke } from "./cli.ts"
import { entry, run, start, unchoke as inProcess } from "./process.ts"

/** A folder with `set`, which has files, and `film.mkv`. */
const stage = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "unchoke-cli-" })
  yield* fs.makeDirectory(join(folder, "set", "sub"), { recursive: true })
  writeFileSync(join(folder, "set", "a"), randomBytes(70_000))
  writeFileSync(join(folder, "set", "sub", "b"), randomBytes(50_000))
  writeFileSync(join(folder, "film.mkv"), randomBytes(100_000))
  return { folder, set: join(folder, "set"), film: join(folder, "film.mkv"), torrent: join(folder, "x.torrent") }
})

const read = (path: string) => Result.getOrThrow(Metainfo.fromBytes(readFileSync(path)))

const linesOf = ({ stdout }: { readonly stdout: ReadonlyArray<string> }) =>
  stdout.map((line) => JSON.parse(line) as Record<string, unknown>)

layer(NodeServices.layer, { excludeTestServices: true })("create", (it) => {
  it.effect("writes what was asked for, and prints the info hash and a link", () =>
    Effect.gen(function* () {
      const { set, torrent } = yield* stage
      const trackers = ["-t", "http://a.example/announce,udp://b.example:80", "--tracker", "wss://c.example"]
      const rest = ["--web-seed", "https://d.example/", "--comment", "hi", "--source", "X", "-l", "32KiB"]
      const done = yield* unchoke(["create", set, "-o", torrent, ...trackers, ...rest])
      assert.strictEqual(done.code, 0)
      const made = read(torrent)
      assert.deepStrictEqual(made.trackers, [["http://a.example/announce", "udp://b.example:80"]])
      assert.deepStrictEqual(
        made.unusedTrackers.map(({ url }) => url),
        ["wss://c.example"],
      )
      assert.deepStrictEqual(made.webSeeds, ["https://d.example/"])
      assert.strictEqual(made.comment, "hi")
      assert.strictEqual(made.createdBy, "unchoke/0.1.0")
      assert.isAbove(made.creationDate!, 1_700_000_000)
      assert.deepStrictEqual(made.geometry, { length: 120_000, pieceLength: 32_768, pieces: 4 })
      assert.match(done.stdout[0]!, /^Created .*x\.torrent: 117 KiB in /)
      assert.match(done.stdout[1]!, /^info hash {2}[0-9a-f]{40}$/)
      const hash = done.stdout[1]!.slice(-40)
      assert.strictEqual(
        done.stdout[2],
        `magnet:?xt=urn:btih:${hash}&dn=set&tr=http%3A%2F%2Fa.example%2Fannounce&tr=udp%3A%2F%2Fb.example%3A80&ws=https%3A%2F%2Fd.example%2F`,
      )
      const verified = yield* unchoke(["verify", torrent, set])
      assert.strictEqual(verified.code, 0)
    }),
  )

  it.effect("the same content makes the same bytes without a date", () =>
    Effect.gen(function* () {
      const { film, folder } = yield* stage
      const bytes = []
      for (const name of ["1", "2"]) {
        yield* unchoke(["create", film, "-o", join(folder, name), "--no-date"])
        bytes.push(readFileSync(join(folder, name)).toString("latin1"))
      }
      assert.strictEqual(bytes[0], bytes[1])
      assert.isUndefined(read(join(folder, "1")).creationDate)
    }),
  )

  it.effect("nothing is replaced unless that is asked for; in a folder it has its usual name", () =>
    Effect.gen(function* () {
      const { film, folder, torrent } = yield* stage
      writeFileSync(torrent, "mine")
      const refused = yield* unchoke(["create", film, "-o", torrent])
      assert.strictEqual(refused.code, 5)
      assert.match(refused.stderr.join("\n"), /it is there already; --force replaces it/)
      assert.strictEqual(readFileSync(torrent, "utf8"), "mine")
      assert.strictEqual((yield* unchoke(["create", film, "-o", torrent, "--force"])).code, 0)
      assert.strictEqual(read(torrent).name, "film.mkv")
      assert.strictEqual((yield* unchoke(["create", film, "-o", folder])).code, 0)
      assert.strictEqual(read(join(folder, "film.mkv.torrent")).name, "film.mkv")
      assert.strictEqual((yield* unchoke(["create", film, "-o", join(folder, "no", "x.torrent")])).code, 5)
      assert.deepStrictEqual(readdirSync(folder).toSorted(), ["film.mkv", "film.mkv.torrent", "set", "x.torrent"])
    }),
  )

  it.effect("an older torrent within the folder is no part of the new one that replaces it", () =>
    Effect.gen(function* () {
      const { set } = yield* stage
      const torrent = join(set, "set.torrent")
      assert.strictEqual((yield* unchoke(["create", set, "-o", set])).code, 0)
      const again = yield* unchoke(["create", set, "-o", set, "--force"])
      assert.strictEqual(again.code, 0)
      assert.match(again.stderr.join("\n"), /Left out: .*set\.torrent: it is the torrent that is to be written\./)
      assert.strictEqual((yield* unchoke(["verify", torrent, set, "-q"])).code, 0)
    }),
  )

  it.effect("on the standard output there is nothing but the torrent", () =>
    Effect.gen(function* () {
      const { film, torrent } = yield* stage
      const done = yield* inProcess(["create", film, "-o", "-"])
      assert.strictEqual(done.code, 0)
      assert.match(done.stderr, /magnet:\?xt=/)
      // Hashes are no text: what arrives as text is as long as it and begins as it does.
      assert.isTrue(done.stdout.startsWith("d10:created by13:unchoke/0.1.0"), done.stdout.slice(0, 40))
      assert.isFalse(existsSync(torrent))
    }),
  )

  it.effect("as JSON, a line for what happens, and how it ended", () =>
    Effect.gen(function* () {
      const { set, torrent } = yield* stage
      symlinkSync("/etc", join(set, "away"))
      const done = yield* unchoke(["create", set, "-o", torrent, "--json"])
      const lines = linesOf(done)
      assert.deepStrictEqual(
        [...new Set(lines.map(({ _tag }) => _tag))],
        ["Omitted", "Found", "Hashed", "Created", "Ended"],
      )
      const { exitCode, infoHash, magnet, path } = lines.at(-1)!
      assert.deepStrictEqual([exitCode, path], [0, torrent])
      assert.strictEqual(magnet, `magnet:?xt=urn:btih:${String(infoHash)}&dn=set`)
      const failed = linesOf(yield* unchoke(["create", set, "-o", torrent, "--json"])).at(-1)!
      assert.deepInclude(failed, { _tag: "Unwritable", exitCode: 5 })
    }),
  )

  it.effect("what cannot be is said before anything is read", () =>
    Effect.gen(function* () {
      const { film, folder, torrent } = yield* stage
      const failing = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
        const { code, stderr } = yield* unchoke(["create", film, "-o", torrent, ...args])
        return `${code} ${stderr[0]}`
      })
      assert.match(yield* failing("-l", "40000"), /^1 .*power of two from 16KiB to 512MiB/)
      assert.match(yield* failing("-l", "8KiB"), /^1 .*power of two/)
      assert.match(yield* failing("-t", "tracker.example"), /^1 .*address such as udp/)
      assert.match(yield* failing("-t", "http://a/announce,nonsense://b"), /^1 .*address such as udp/)
      assert.match(yield* failing("-w", "ftp://a/"), /^1 .*begins with http/)
      assert.match(yield* failing("-w", "https://user:secret@a/"), /^1 .*without a user name/)
      for (const name of [".", "..", "a/b", "a\\b", "../a", "/"]) {
        assert.match(yield* failing("--name", name), /^1 .*--name: .*a name that a file can have, without a slash/)
      }
      const none = yield* unchoke(["create", film, "-o", `${join(folder, "none")}/`])
      assert.match(`${none.code} ${none.stderr.join()}`, /^5 error: Cannot write .*none\/: there is no such folder\.$/)
      assert.isFalse(existsSync(join(folder, "none")))
      const long = yield* unchoke(["create", film, "-o", join(folder, "x".repeat(300))])
      assert.match(
        `${long.code} ${long.stderr.join()}`,
        /^5 error: Cannot write .*its name is longer than the disk takes/,
      )
      writeFileSync(Buffer.concat([Buffer.from(`${folder}/set/`), Buffer.of(0x61, 0xff)]), "x")
      const odd = yield* unchoke(["create", join(folder, "set"), "-o", torrent])
      assert.match(`${odd.code} ${odd.stderr[0]}`, /^1 .*set\/a\\xff: its name is not UTF-8\. Rename it/)
      const missing = yield* unchoke(["create", join(folder, "nowhere"), "-o", torrent])
      assert.match(`${missing.code} ${missing.stderr[0]}`, /^5 .*not found.*nothing was written/)
      assert.isFalse(existsSync(torrent))
    }),
  )

  it.effect("a private torrent without trackers is warned of", () =>
    Effect.gen(function* () {
      const { film, torrent } = yield* stage
      const done = yield* unchoke(["create", film, "-o", torrent, "--private"])
      assert.strictEqual(done.code, 0)
      assert.include(done.stderr.join("\n"), "It is private and names no tracker")
    }),
  )

  it.effect("a disk that does not take all of it keeps what it had, and nothing else", () =>
    Effect.gen(function* () {
      const { film, folder, torrent } = yield* stage
      truncateSync(film, 20e6)
      writeFileSync(torrent, "mine")
      const args = ["-c", 'ulimit -f 8; exec "$@"', "bash", process.execPath, entry, "create", film, "-l", "16KiB"]
      for (const more of [[torrent, "--force"], [join(folder, "new.torrent")]]) {
        const done = yield* run("/bin/bash", [...args, "-o", ...more])
        assert.strictEqual(done.code, 5, done.stderr)
        assert.match(done.stderr, /Cannot write .*\.torrent: it is longer than/)
      }
      assert.strictEqual(readFileSync(torrent, "utf8"), "mine")
      assert.deepStrictEqual(readdirSync(folder).toSorted(), ["film.mkv", "set", "x.torrent"])
    }),
  )

  it.effect("ended from outside it leaves nothing", () =>
    Effect.gen(function* () {
      const { film, folder, torrent } = yield* stage
      // Sparse: it takes half a minute to hash.
      truncateSync(film, 40e9)
      for (const [signal, code] of [
        ["SIGINT", 130],
        ["SIGTERM", 143],
        ["SIGKILL", null],
      ] as const) {
        const started = yield* start(process.execPath, [entry, "create", film, "-o", torrent, "--json"])
        while (!started.printed().includes('"Hashed"')) yield* Effect.sleep("20 millis")
        yield* started.send(signal)
        const finished = yield* started.finished
        assert.strictEqual(finished.code, code)
        if (code !== null) assert.include(finished.stdout.trimEnd().split("\n").at(-1)!, '"Interrupted"')
        assert.deepStrictEqual(readdirSync(folder).toSorted(), ["film.mkv", "set"])
      }
    }),
  )
})

layer(NodeServices.layer, { excludeTestServices: true })("edit", (it) => {
  const made = Effect.gen(function* () {
    const staged = yield* stage
    yield* unchoke(["create", staged.set, "-o", staged.torrent, "-t", "udp://a.example:80", "-c", "old", "--no-date"])
    return staged
  })

  it.effect("changes what it is told to, and nothing else", () =>
    Effect.gen(function* () {
      const { folder, torrent } = yield* made
      const before = read(torrent)
      const other = join(folder, "y.torrent")
      const added = yield* unchoke([
        "edit",
        torrent,
        "-t",
        "udp://b.example:80",
        "-w",
        "https://c.example/",
        "-o",
        other,
      ])
      assert.strictEqual(added.code, 0)
      assert.deepStrictEqual(read(torrent), before)
      assert.deepStrictEqual(read(other).trackers, [["udp://a.example:80"], ["udp://b.example:80"]])
      assert.deepStrictEqual(read(other).info, before.info)
      const replaced = yield* unchoke(["edit", other, "--no-trackers", "-t", "udp://d.example:80", "--no-web-seeds"])
      assert.strictEqual(replaced.code, 0)
      const piped = yield* unchoke(["edit", torrent, "-c", "x", "-o", "-"])
      assert.match(piped.stderr[0]!, /^Wrote the torrent to stdout; the info hash is still/)
      assert.match(replaced.stdout[0]!, /^Wrote .*y\.torrent; the info hash is still [0-9a-f]{40}\.$/)
      const after = read(other)
      assert.deepStrictEqual([after.trackers, after.webSeeds, after.comment], [[["udp://d.example:80"]], [], "old"])
      assert.strictEqual((yield* unchoke(["edit", other, "--no-comment"])).code, 0)
      assert.isUndefined(read(other).comment)
      assert.deepStrictEqual(read(other).info, before.info)
      assert.deepStrictEqual(readdirSync(folder).toSorted(), ["film.mkv", "set", "x.torrent", "y.torrent"])
    }),
  )

  it.effect("the file behind a link is changed, and keeps its rights", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const { folder, torrent } = yield* made
      yield* fs.chmod(torrent, 0o600)
      const link = join(folder, "link.torrent")
      symlinkSync("x.torrent", link)
      assert.strictEqual((yield* unchoke(["edit", link, "-c", "new"])).code, 0)
      assert.strictEqual(read(torrent).comment, "new")
      assert.strictEqual((yield* fs.stat(torrent)).mode & 0o777, 0o600)
      assert.strictEqual(yield* fs.readLink(link), "x.torrent")
    }),
  )

  it.effect("what cannot be changed stays", () =>
    Effect.gen(function* () {
      const { folder, set, torrent } = yield* made
      const bytes = readFileSync(torrent)
      const codes = []
      for (const args of [
        [torrent],
        [torrent, "-c", "x", "--no-comment"],
        [torrent, "-t", "nonsense"],
        [join(set, "a"), "-c", "x"],
        [join(folder, "none"), "-c", "x"],
        [torrent, "-c", "x", "-o", join(set, "a")],
      ]) {
        codes.push((yield* unchoke(["edit", ...args])).code)
      }
      assert.deepStrictEqual(codes, [1, 1, 1, 4, 4, 5])
      assert.deepStrictEqual(readFileSync(torrent), bytes)
    }),
  )
})

layer(NodeServices.layer, { excludeTestServices: true })("seed --create", (it) => {
  it.effect("makes a torrent, says its link, and serves it", () =>
    Effect.gen(function* () {
      const { set, torrent } = yield* stage
      const quietly = ["--no-dht", "--no-lsd", "--port", "0", "--seed-time", "200ms"]
      const done = yield* unchoke(["seed", "--create", set, "--save", torrent, ...quietly])
      assert.strictEqual(done.code, 0, done.stderr.join("\n"))
      assert.match(done.stdout[2]!, /^magnet:\?xt=urn:btih:[0-9a-f]{40}&dn=set$/)
      assert.include(done.stderr.join("\n"), "All 117 KiB are there and right.")
      assert.strictEqual(read(torrent).name, "set")
      const json = linesOf(yield* unchoke(["seed", "--create", set, "--json", ...quietly]))
      const tags = json.map(({ _tag }) => _tag)
      assert.isBelow(tags.indexOf("Created"), tags.indexOf("Checking"))
      assert.strictEqual(tags.at(-1), "Ended")
    }),
  )

  it.effect("what the link names is fetched from it", () =>
    Effect.gen(function* () {
      const { folder, set } = yield* stage
      const said = recording()
      const alone = ["--no-dht", "--no-lsd"]
      const port = 20_000 + Math.floor(Math.random() * 10_000)
      yield* Effect.forkScoped(unchoke(["seed", "--create", set, "--port", String(port), ...alone], said))
      while (!said.stderr.some((line) => line.startsWith("Seeding now"))) yield* Effect.sleep("20 millis")
      const into = join(folder, "into")
      const peer = ["--peer", `127.0.0.1:${port}`, "--no-tracker"]
      const fetched = yield* unchoke(["download", said.stdout[2]!, "--output", into, "--port", "0", ...peer, ...alone])
      assert.strictEqual(fetched.code, 0, fetched.stderr.join("\n"))
      for (const path of ["a", "sub/b"]) {
        assert.deepStrictEqual(readFileSync(join(into, "set", path)), readFileSync(join(set, path)))
      }
    }),
  )

  it.effect("what cannot be made a torrent of is named, with what is the matter and what to do", () =>
    Effect.gen(function* () {
      const { folder, set, torrent } = yield* stage
      const at = (name: string) => join(folder, name)
      symlinkSync("nowhere", at("dead"))
      symlinkSync("loop", at("loop"))
      const long = at("x".repeat(300))
      const file = join(set, "a")
      const cases: ReadonlyArray<readonly [path: string, said: string]> = [
        [at("dead"), `Cannot make a torrent of ${at("dead")}: it is a link that leads nowhere. Mend the link, or name`],
        [
          at("loop"),
          `Cannot make a torrent of ${at("loop")}: it is a link that leads in a circle. Mend the link, or name`,
        ],
        [long, `Cannot open ${long}: its name is longer than the disk takes. Nothing was written.`],
        [
          at("none"),
          `Cannot open ${at("none")}: not found. Name a file or a folder that is there; nothing was written.`,
        ],
        [join(file, "x"), `Cannot open ${join(file, "x")}: not a folder. There is a file where a folder should be`],
      ]
      for (const [path, said] of cases) {
        const { code, stderr } = yield* unchoke(["create", path, "-o", torrent])
        assert.include(stderr.join("\n"), said)
        assert.notStrictEqual(code, 0)
      }
      for (const path of [at("dead"), at("loop"), join(long, "x.torrent")]) {
        const { code, stderr } = yield* unchoke(["create", set, "-o", path])
        assert.include(stderr[0], `error: Cannot write ${path}: it`)
        assert.strictEqual(code, 5)
      }
    }),
  )

  it.effect("a name with control characters in it is kept, and on no terminal as it is", () =>
    Effect.gen(function* () {
      const { folder, torrent } = yield* stage
      const path = join(folder, "b\u001b[31mx")
      mkdirSync(path)
      writeFileSync(join(path, "c\u0007\n"), "hi")
      const said = [
        yield* unchoke(["create", path, "-o", torrent]),
        yield* unchoke(["create", path, "-o", `${torrent}2`, "--json"]),
        yield* unchoke(["show", torrent]),
        yield* unchoke(["show", torrent, "--files", "c*"]),
        yield* unchoke(["verify", torrent, folder]),
        yield* unchoke(["verify", torrent, join(folder, "set")]),
      ]
      for (const { stderr, stdout } of said) {
        for (const control of ["\u001b", "\u0007"]) assert.notInclude([...stdout, ...stderr].join("\n"), control)
      }
      assert.deepStrictEqual(read(torrent).files[0]!.path, ["b\u001b[31mx", "c\u0007\n"])
    }),
  )

  it.effect("what the settings say of downloads, and of torrents that are made, is not said of others", () =>
    Effect.gen(function* () {
      const { folder, set, torrent } = yield* stage
      assert.strictEqual((yield* unchoke(["create", set, "-o", torrent])).code, 0)
      const settings = join(folder, "config.toml")
      writeFileSync(settings, 'output = "/nowhere"\nthreads = 2\npiece-length = "1MiB"\n')
      const quietly = ["--no-dht", "--no-lsd", "--port", "0", "--seed-time", "200ms", "--no-tracker"]
      const seeded = yield* inProcess(["--config", settings, "seed", torrent, folder, ...quietly])
      assert.strictEqual(seeded.code, 0, seeded.stderr)
      const edited = yield* inProcess(["--config", settings, "edit", torrent, "-c", "new"])
      assert.strictEqual(edited.code, 0, edited.stderr)
      assert.deepStrictEqual([read(torrent).comment, read(torrent).trackers], ["new", []])
    }),
  )

  it.effect("its flags belong to it", () =>
    Effect.gen(function* () {
      const { folder, set, torrent } = yield* stage
      const failing = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
        const { code, stderr } = yield* unchoke(["seed", ...args])
        return `${code} ${stderr[0]}`
      })
      assert.match(yield* failing(torrent, "--web-seed", "http://a/"), /^1 .*--web-seed belongs to --create/)
      assert.match(yield* failing(torrent, "--piece-length", "1MiB"), /^1 .*--piece-length belongs to --create/)
      assert.match(yield* failing(torrent, "--order", "letters"), /^1 .*--order belongs to --create/)
      assert.match(yield* failing("--create", set, folder), /^1 .*one file or folder/)
      assert.match(yield* failing("--create", set, "--save", "-"), /^1 .*--save is a file/)
    }),
  )
})

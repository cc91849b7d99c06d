/** Several torrents by one command, on real sockets: each has a swarm of its own. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Content, LoopbackSwarm, LoopbackTracker, Script } from "@unchoke/testkit"
import { assert, layer } from "@effect/vitest"
import { Effect, Fiber, FileSystem, Schedule } from "effect"
import { MagnetLink } from "@unchoke/protocol"
import { execFileSync } from "node:child_process"
import { join } from "node:path"
import { Torrent } from "@unchoke/engine"
import { recording, unchoke } from "../cli.ts"

/** A torrent in a folder, whose tracker names a peer that does this; or one without any. */
const torrentWith = Effect.fnUntraced(function* (
  folder: string,
  name: string,
  script: Script.Script | undefined,
  options: Partial<Content.ContentOptions> = {},
) {
  const fs = yield* FileSystem.FileSystem
  const named: Array<LoopbackSwarm.LoopbackSwarm["addresses"][number]> = []
  const tracker = yield* LoopbackTracker.make({ peers: named })
  const content = Content.make({
    name,
    files: 5 * 65_536 + name.length,
    pieceLength: 65_536,
    ...(script !== undefined && { announce: tracker.announceUrl }),
    ...options,
  })
  const swarm = yield* LoopbackSwarm.start(content, [{ script: script ?? Script.refuse, client: "-TR3000-" }])
  named.push(...swarm.addresses)
  const path = join(folder, `${name}.torrent`)
  yield* fs.writeFile(path, content.bytes)
  return {
    path,
    content,
    hash: Buffer.from(content.torrent.infoHash).toString("hex"),
    isIn: (output: string) =>
      Effect.map(fs.readFile(join(output, name)), (bytes) => Buffer.from(bytes).equals(content.data)),
  }
})

const folders = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "unchoke-many-" })
  return { fs, folder, output: join(folder, "out") }
})

const until = (done: () => boolean) =>
  Effect.suspend(() => (done() ? Effect.void : Effect.fail("not yet"))).pipe(
    Effect.retry({ schedule: Schedule.spaced("50 millis") }),
  )

const impatient = ["--connect-timeout", "300ms", "--handshake-timeout", "300ms", "--bitfield-timeout", "300ms"]

layer(NodeServices.layer, { excludeTestServices: true, timeout: "25 seconds" })("several torrents", (it) => {
  it.effect("come to their ends each for itself: who fails is told, and the worst is the exit code", () =>
    Effect.gen(function* () {
      const { folder, fs, output } = yield* folders
      const good = yield* torrentWith(folder, "good.bin", Script.good)
      const bad = yield* torrentWith(folder, "bad.bin", undefined)
      const late = yield* torrentWith(folder, "late.bin", Script.unchokeAfter(300))
      const link = join(folder, "late.magnet")
      yield* fs.writeFileString(link, `${MagnetLink.toString(Torrent.toLink(late.content.torrent))}\n`)
      const args = [bad.path, good.path, late.path, link, join(folder, "none.torrent")]
      const { code, stderr, stdout } = yield* unchoke([
        "download",
        ...args,
        "--output",
        output,
        "--jobs",
        "2",
        ...impatient,
      ])
      assert.isTrue(yield* good.isIn(output))
      assert.isTrue(yield* late.isIn(output))
      assert.strictEqual(code, 4, stderr.join("\n"))
      assert.lengthOf(
        stdout.filter((line) => line.startsWith("Done. ")),
        2,
      )
      assert.include(stderr, `${link} is the same torrent as ${late.path}: it is taken once.`)
      const errors = stderr.filter((line) => line.startsWith("error: "))
      assert.lengthOf(errors, 2)
      assert.match(errors.join("\n"), /error: bad\.bin: /)
      assert.match(errors.join("\n"), /error: Cannot read .*none\.torrent: there is no such file\./)
      const summary = stderr.findIndex((line) => line.startsWith("2 of 4 torrents done, 2 failed in "))
      assert.isAtLeast(summary, 0, stderr.join("\n"))
      assert.match(stderr.slice(summary).join("\n"), /\n {2}bad\.bin: /)
      // Every other line names its torrent.
      for (const line of stderr.slice(0, summary)) assert.match(line, /\.bin|none\.torrent|probe|^ {2}|All together/)
    }),
  )

  it.effect("are one list of JSON lines, each with its info hash, also of one torrent alone", () =>
    Effect.gen(function* () {
      const { folder, output } = yield* folders
      const one = yield* torrentWith(folder, "one.bin", Script.good)
      const two = yield* torrentWith(folder, "two.bin", undefined)
      const many = yield* unchoke(["download", one.path, two.path, "--output", output, "--json", ...impatient])
      const lines = many.stdout.map((line) => JSON.parse(line))
      const last = lines.pop()
      assert.deepInclude(last, { _tag: "Ended", torrents: 2, done: 1, failed: 1, exitCode: many.code })
      for (const line of lines) assert.include([one.hash, two.hash], line.infoHash)
      const ends = lines.filter(({ exitCode }) => exitCode !== undefined)
      assert.deepStrictEqual(new Set(ends.map(({ infoHash }) => infoHash)), new Set([one.hash, two.hash]))
      assert.deepInclude(
        ends.find(({ infoHash }) => infoHash === one.hash),
        { _tag: "Ended", exitCode: 0, stored: 6 },
      )
      const alone = yield* unchoke(["download", two.path, "--output", output, "--json", ...impatient])
      for (const line of alone.stdout) assert.strictEqual(JSON.parse(line).infoHash, two.hash)
      assert.strictEqual(alone.code, many.code)
    }),
  )

  it.effect("do not write the same file: the second is refused, also when only its peers know what it is", () =>
    Effect.gen(function* () {
      const { folder, fs, output } = yield* folders
      const first = yield* torrentWith(folder, "same.bin", Script.unchokeAfter(1500))
      yield* fs.rename(first.path, join(folder, "first.torrent"))
      const second = yield* torrentWith(folder, "same.bin", Script.describing({ answers: "true" }), {
        files: 100_000,
      })
      const { code, stderr } = yield* unchoke([
        "download",
        join(folder, "first.torrent"),
        MagnetLink.toString(Torrent.toLink(second.content.torrent)),
        "--output",
        output,
        "--local-tracker",
      ])
      assert.strictEqual(code, 5, stderr.join("\n"))
      assert.isTrue(yield* first.isIn(output))
      const told = stderr.join("\n")
      assert.match(
        told,
        /error: .*Two torrents would write same\.bin: .*first\.torrent does already, so magnet:\?xt=urn:btih:\w+.* is left out\.\n.*--output/,
      )
      // Who is told of a link sees none of its trackers.
      assert.notInclude(told, encodeURIComponent(second.content.torrent.trackers[0]![0]!))
    }),
  )

  it.effect.skipIf(process.platform !== "linux")("wait for none that comes through a pipe, and say for which", () =>
    Effect.gen(function* () {
      const { folder, output } = yield* folders
      const one = yield* torrentWith(folder, "one.bin", Script.good)
      const pipe = join(folder, "pipe")
      execFileSync("mkfifo", [pipe])
      const onto = recording()
      const args = ["download", pipe, "--list", pipe, one.path, "--output", output]
      const running = yield* Effect.forkChild(unchoke(args, onto))
      yield* until(() => onto.stdout.length === 1 && onto.stderr.some((line) => line.includes("through a pipe")))
      assert.isTrue(yield* one.isIn(output))
      yield* Fiber.interrupt(running)
      assert.match(onto.stderr.at(-1)!, /^1 of 2 torrents done, 1 not in /)
    }),
  )

  it.effect("come from lists too, and one line each is on the terminal", () =>
    Effect.gen(function* () {
      const { folder, fs, output } = yield* folders
      const one = yield* torrentWith(folder, "one.bin", Script.unchokeAfter(800))
      const two = yield* torrentWith(folder, "two.bin", Script.unchokeAfter(800))
      const list = join(folder, "list.txt")
      yield* fs.writeFileString(list, `# what I want\n\n  ${one.path}  \r\n${two.path}`)
      const { code, live, stderr } = yield* unchoke(["download", "--list", list, "--output", output], recording(), 80)
      assert.strictEqual(code, 0, stderr.join("\n"))
      assert.isTrue(yield* one.isIn(output))
      assert.isTrue(yield* two.isIn(output))
      assert.isTrue(live.some((line) => line.startsWith("one.bin  ")))
      assert.isTrue(live.some((line) => line.startsWith("two.bin  ")))
      assert.isTrue(live.some((line) => line.startsWith("2 running")))
      for (const line of live) assert.isAtMost(line.length, 77)
      assert.strictEqual(live.at(-1), "")
    }),
  )

  it.effect("are taken from a folder as they appear, until Ctrl-C, which ends a seed too", () =>
    Effect.gen(function* () {
      const { folder, fs, output } = yield* folders
      const watched = join(folder, "watched")
      yield* fs.makeDirectory(watched)
      const one = yield* torrentWith(watched, "one.bin", Script.good)
      const two = yield* torrentWith(folder, "two.bin", Script.good)
      const onto = recording()
      const running = yield* Effect.forkChild(
        unchoke(["download", "--watch", watched, "--output", output, "--seed"], onto),
      )
      yield* until(() => onto.stdout.length === 1)
      assert.isTrue(yield* one.isIn(output))
      // Written in two goes, as a copy is: a half is no torrent.
      const half = two.content.bytes.length >> 1
      yield* fs.writeFile(join(watched, "two.torrent"), two.content.bytes.subarray(0, half))
      yield* Effect.sleep("2500 millis")
      yield* fs.writeFile(join(watched, "two.torrent"), two.content.bytes)
      yield* until(() => onto.stdout.length === 2)
      assert.isTrue(yield* two.isIn(output))
      assert.deepStrictEqual(
        onto.stderr.filter((line) => line.startsWith("error")),
        [],
      )
      yield* Fiber.interrupt(running)
      // Nobody has asked for anything: that is said once.
      assert.notInclude(onto.stderr.join("\n"), "Stopped")
      assert.match(onto.stderr.at(-1)!, /^2 of 2 torrents done in /)
    }),
  )

  it.effect("are served from one folder, which is named last; what is not there is told", () =>
    Effect.gen(function* () {
      const { folder, fs } = yield* folders
      const one = yield* torrentWith(folder, "one.bin", undefined)
      const two = yield* torrentWith(folder, "two.bin", undefined)
      yield* fs.writeFile(join(folder, "one.bin"), one.content.data)
      const { code, stderr, stdout } = yield* unchoke([
        "seed",
        one.path,
        two.path,
        folder,
        "--seed-time",
        "1s",
        "--port",
        "0",
      ])
      assert.strictEqual(code, 1, stderr.join("\n"))
      assert.match(stdout.join("\n"), /^Seeded .*one\.bin for 1\.\d s: nothing was asked for\.$/)
      assert.match(stderr.join("\n"), /error: Nothing of two\.bin is in /)
      assert.match(stderr.join("\n"), /\n1 of 2 torrents seeded, 1 failed in .*: nothing was asked for\.\n/)
    }),
  )

  it.effect("of a watched folder are tried again when what was in their way has passed, and are counted once", () =>
    Effect.gen(function* () {
      const { folder, fs } = yield* folders
      const [watched, data] = [join(folder, "watched"), join(folder, "data")]
      yield* fs.makeDirectory(watched)
      yield* fs.makeDirectory(data)
      const late = yield* torrentWith(watched, "late.bin", undefined)
      yield* fs.writeFile(join(watched, "bad.torrent"), late.content.bytes.subarray(0, 50))
      const onto = recording()
      const running = yield* Effect.forkChild(unchoke(["seed", "--watch", watched, data, "--port", "0"], onto))
      const has = (text: string) => () => onto.stderr.some((line) => line.includes(text))
      yield* until(has("Nothing of late.bin is in"))
      assert.isTrue(has("It is tried again when something of it appears there, unless")())
      yield* fs.writeFile(join(data, "late.bin"), late.content.data)
      yield* until(has("are there and right"))
      // What was no torrent is one now.
      yield* until(has("bad.torrent is not a valid torrent"))
      yield* torrentWith(watched, "bad", undefined)
      yield* until(has("Nothing of bad is in"))
      yield* Fiber.interrupt(running)
      const end = onto.stderr.findIndex((line) => line.startsWith("1 of 2 torrents seeded, 1 not yet in "))
      assert.isAtLeast(end, 0, onto.stderr.join("\n"))
      assert.match(onto.stderr.slice(end + 1).join("\n"), /^ {2}nothing of bad is in \S*$/)
    }),
  )

  it.effect("of one name are told apart: the same files are served to two swarms", () =>
    Effect.gen(function* () {
      const { folder, fs } = yield* folders
      const one = yield* torrentWith(folder, "same.bin", undefined)
      yield* fs.rename(one.path, join(folder, "one.torrent"))
      const two = yield* torrentWith(folder, "same.bin", undefined, { private: true })
      yield* fs.writeFile(join(folder, "same.bin"), one.content.data)
      const { code, stderr, stdout } = yield* unchoke([
        "seed",
        join(folder, "one.torrent"),
        two.path,
        folder,
        "--seed-time",
        "1s",
        "--port",
        "0",
      ])
      assert.strictEqual(code, 0, stderr.join("\n"))
      assert.lengthOf(stdout, 2)
      const all = stderr.filter((line) => line.endsWith("are there and right."))
      assert.sameMembers(all, [
        "same.bin: All 320 KiB are there and right.",
        `[${two.hash.slice(0, 8)}] same.bin: All 320 KiB are there and right.`,
      ])
      assert.match(stderr.at(-1)!, /^2 torrents seeded in /)
    }),
  )

  it.effect("that appear in a folder are served as they come, and the end tells how many were and for how long", () =>
    Effect.gen(function* () {
      const { folder, fs } = yield* folders
      const watched = join(folder, "watched")
      yield* fs.makeDirectory(watched)
      const one = yield* torrentWith(watched, "one.bin", undefined)
      const two = yield* torrentWith(folder, "two.bin", undefined)
      for (const { content } of [one, two]) {
        yield* fs.writeFile(join(folder, content.torrent.name), content.data)
      }
      const onto = recording()
      const running = yield* Effect.forkChild(unchoke(["seed", "--watch", watched, folder, "--port", "0"], onto))
      const until = (line: string) =>
        Effect.suspend(() =>
          onto.stderr.some((said) => said.startsWith(line)) ? Effect.void : Effect.fail(line),
        ).pipe(Effect.retry({ schedule: Schedule.spaced("50 millis") }))
      yield* until("one.bin: All 320 KiB are there and right.")
      yield* fs.rename(two.path, join(watched, "two.torrent"))
      yield* until("two.bin: All 320 KiB are there and right.")
      yield* Fiber.interrupt(running)
      assert.match(onto.stderr.at(-1)!, /^2 torrents seeded in .*: nothing was asked for\.$/)
    }),
  )

  it.effect("are what is counted: a list or a folder that names none is an error, and keeps no other from it", () =>
    Effect.gen(function* () {
      const { folder, fs, output } = yield* folders
      const good = yield* torrentWith(folder, "good.bin", Script.good)
      const list = join(folder, "list.txt")
      yield* fs.writeFileString(list, `${good.path}\n`)
      const empty = join(folder, "empty.txt")
      yield* fs.writeFileString(empty, "# none\n")
      const none = join(folder, "none")
      for (const [code, args] of [
        [4, ["--list", none]],
        [4, ["--watch", none]],
        [1, ["--list", empty]],
        [4, ["--list", empty, "--list", none]],
      ] as const) {
        const { stderr, ...ended } = yield* unchoke(["download", ...args, "--output", output])
        assert.strictEqual(ended.code, code === 4 && args.includes(empty) ? 1 : code, stderr.join("\n"))
        assert.match(
          stderr[0]!,
          /^error: (?:Cannot read the (?:list|folder) .*none: there is no such|The list .*empty)/,
        )
        assert.notMatch(stderr.join("\n"), /torrents? (?:done|failed)|1 failed/)
        const json = (yield* unchoke(["download", ...args, "--output", output, "--json"])).stdout
        assert.deepInclude(JSON.parse(json.at(-1)!), { torrents: 0, failed: 0, exitCode: ended.code })
      }
      const args = ["--list", none, "--list", empty, "--list", list, "--list", list]
      const { code, stderr } = yield* unchoke(["download", ...args, "--output", output])
      assert.strictEqual(code, 4)
      assert.isTrue(yield* good.isIn(output))
      const said = stderr.join("\n")
      assert.match(said, /error: Cannot read the list .*none/)
      assert.match(said, /\nThe list .*empty\.txt names no torrent\.\n1 of 1 torrent done in /)
      assert.notInclude(said, "given twice")
    }),
  )

  it.effect("are told in words where nothing can have such a name", () =>
    Effect.gen(function* () {
      const { folder, fs, output } = yield* folders
      const list = join(folder, "list.txt")
      yield* fs.writeFileString(list, "\u001b[31mred.torrent\n")
      const { code, stderr } = yield* unchoke(["download", "a\0b.torrent", "--list", list, "--output", output])
      assert.strictEqual(code, 4)
      assert.match(stderr[0]!, /^error: Cannot read a\ufffdb\.torrent: its name is one that no disk takes/)
      assert.match(stderr[1]!, /^error: Cannot read .*red\.torrent: there is no such file; each \ufffd in its name/)
      assert.match(stderr[2]!, /^0 of 2 torrents done, 2 failed/)
    }),
  )

  it.effect("none at all is a mistake", () =>
    Effect.gen(function* () {
      for (const command of ["download", "seed"]) {
        const { code, stderr } = yield* unchoke([command])
        assert.strictEqual(code, 1)
        assert.match(stderr[0]!, /^error: Missing required argument: torrent/)
      }
    }),
  )
})

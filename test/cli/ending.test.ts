/** The built command, ended from outside: by signals, by a terminal that goes, by a reader that does not read on. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Content, LoopbackSwarm, LoopbackTracker, Script } from "@unchoke/testkit"
import { assert, describe, layer } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { NetAddress } from "effect/net"
import { existsSync, readFileSync } from "node:fs"
import * as Http from "node:http"
import { join } from "node:path"
import { entry, run, start, type Started } from "./process.ts"

const pieceLength = 65_536
const node = process.execPath

/** A folder with a torrent, whose only peer gives seven pieces and no more. */
const stage = Effect.fnUntraced(function* () {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "unchoke-cli-" })
  const named: Array<NetAddress.InetAddress> = []
  const tracker = yield* LoopbackTracker.make({ peers: named })
  const content = Content.make({
    name: "film.mkv",
    files: 20 * pieceLength,
    pieceLength,
    announce: tracker.announceUrl,
  })
  const swarm = yield* LoopbackSwarm.start(content, [{ script: Script.stallAfter(28) }])
  named.push(...swarm.addresses)
  yield* fs.writeFile(join(folder, "film.torrent"), content.bytes)
  const events = () => tracker.announces.map(({ request }) => request.event)
  /** When it has given what it gives, and that has been written. */
  const given = Effect.andThen(
    until(() => swarm.served.length === 28),
    Effect.sleep(300),
  )
  return { folder, content, swarm, events, given }
})

const until = (reached: () => boolean) =>
  Effect.repeat(Effect.delay(Effect.sync(reached), 20), { until: (yes) => yes }).pipe(Effect.asVoid)

const download = (folder: string, ...flags: ReadonlyArray<string>) =>
  start(node, [entry, "download", "film.torrent", ...flags], { cwd: folder })

const lastLine = (text: string) => text.trimEnd().split("\n").at(-1)!

const here = (file: string) => existsSync(file)
/** `script` gives a program a terminal. */
const terminals = here("/usr/bin/script") && process.platform === "linux"

layer(NodeServices.layer, { excludeTestServices: true, timeout: "60 seconds" })("an end from outside", (it) => {
  const codes = [
    ["SIGINT", 130, "Ctrl-C"],
    ["SIGTERM", 143, "SIGTERM"],
    ["SIGHUP", 129, "SIGHUP"],
  ] as const

  for (const [signal, code, means] of codes) {
    it.effect(`${signal}: it says good-bye, keeps what it has, and ends with ${code}`, () =>
      Effect.gen(function* () {
        const { events, folder, given } = yield* stage()
        const command = yield* download(folder)
        yield* given
        yield* command.send(signal)
        const finished = yield* command.finished
        assert.strictEqual(finished.code, code, finished.stderr)
        assert.strictEqual(
          lastLine(finished.stderr),
          "Stopped with 448 KiB of 1.25 MiB verified; the same command goes on from there.",
        )
        assert.deepStrictEqual(events(), ["started", "stopped"])
        assert.isTrue(existsSync(join(folder, "film.mkv.part")))
      }),
    )

    it.effect(`${signal}: the last line of --json says so`, () =>
      Effect.gen(function* () {
        const { folder, given } = yield* stage()
        const command = yield* download(folder, "--json")
        yield* given
        yield* command.send(signal)
        const { stderr, stdout } = yield* command.finished
        assert.strictEqual(stderr, "")
        const last = JSON.parse(lastLine(stdout))
        assert.deepInclude(last, {
          _tag: "Interrupted",
          stored: 7,
          pieces: 20,
          bytes: 7 * pieceLength,
          exitCode: code,
        })
        assert.include(last.means, means)
      }),
    )
  }

  it.effect("a second Ctrl-C does not wait for a tracker that says nothing", () =>
    Effect.gen(function* () {
      const { content, folder, given, swarm } = yield* stage()
      let goodByes = 0
      const { port } = swarm.addresses[0]!
      // Names the peer, and leaves a good-bye unanswered.
      const server = Http.createServer((request, response) => {
        if (request.url!.includes("event=stopped")) return void goodByes++
        const peers = Buffer.from([127, 0, 0, 1, port >> 8, port & 0xff])
        response.end(Buffer.concat([Buffer.from("d8:intervali1800e5:peers6:"), peers, Buffer.from("e")]))
      })
      yield* Effect.acquireRelease(
        Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
        () =>
          Effect.sync(() => {
            server.close()
            server.closeAllConnections()
          }),
      )
      const { port: trackerPort } = server.address() as { port: number }
      const silent = Content.make({
        name: "film.mkv",
        files: 20 * pieceLength,
        pieceLength,
        announce: `http://127.0.0.1:${trackerPort}/announce`,
      })
      assert.deepStrictEqual(silent.torrent.infoHash, content.torrent.infoHash)
      yield* (yield* FileSystem.FileSystem).writeFile(join(folder, "film.torrent"), silent.bytes)
      const command = yield* download(folder)
      yield* given
      yield* command.interrupt
      yield* until(() => goodByes > 0)
      yield* Effect.sleep(400)
      yield* command.interrupt
      const { code, signal } = yield* command.finished
      // What a shell reports as 130.
      assert.deepStrictEqual([code, signal], [null, "SIGINT"])
    }),
  )

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it.effect(`${signal}: it does not wait for a reader that has stopped reading`, () =>
      Effect.gen(function* () {
        const { folder } = yield* stage()
        // More lines than a pipe holds.
        const many = Content.make({ name: "many", files: 2000 * 16_384, pieceLength: 16_384 })
        const swarm = yield* LoopbackSwarm.start(many, [{ script: Script.stallAfter(1500) }])
        yield* (yield* FileSystem.FileSystem).writeFile(join(folder, "many.torrent"), many.bytes)
        const peer = NetAddress.formatInet(swarm.addresses[0]!)
        const unchoke = `"${node}" "${entry}" download many.torrent --json --no-tracker --peer ${peer}`
        const writer = `(echo $BASHPID >pid; exec ${unchoke}); echo $? >code`
        const shell = yield* start("bash", ["-c", `(${writer}) | (until [ -s code ]; do sleep 0.05; done)`], {
          cwd: folder,
        })
        yield* until(() => swarm.served.length === 1500)
        yield* Effect.sleep(300)
        process.kill(Number(readFileSync(join(folder, "pid"), "utf8")), signal)
        yield* shell.finished
        const code = signal === "SIGINT" ? 130 : 143
        assert.strictEqual(readFileSync(join(folder, "code"), "utf8"), `${code}\n`)
      }),
    )
  }

  it.effect("it does not wait for what will never come", () =>
    Effect.gen(function* () {
      const { folder } = yield* stage()
      yield* run("mkfifo", ["nobody-writes.torrent"], { cwd: folder })
      const command = yield* start(node, [entry, "show", "nobody-writes.torrent"], { cwd: folder })
      yield* Effect.sleep(1000)
      yield* command.interrupt
      const { code } = yield* command.finished
      assert.strictEqual(code, 130)
    }),
  )

  it.effect("under nohup a terminal that closes is none of its business", () =>
    Effect.gen(function* () {
      const { folder, given } = yield* stage()
      const line = `nohup "${node}" "${entry}" download film.torrent >out 2>err & echo $! >pid; wait $!; echo $? >code`
      const shell = yield* start("bash", ["-c", line], { cwd: folder })
      yield* given
      const pid = Number(readFileSync(join(folder, "pid"), "utf8"))
      process.kill(pid, "SIGHUP")
      yield* Effect.sleep(300)
      process.kill(pid, "SIGTERM")
      yield* shell.finished
      assert.strictEqual(readFileSync(join(folder, "code"), "utf8"), "143\n")
    }),
  )

  it.effect("a reader that goes ends it in order", () =>
    Effect.gen(function* () {
      const { events, folder } = yield* stage()
      const line = `"${node}" "${entry}" download film.torrent --json | head -n 3; echo "code \${PIPESTATUS[0]}"`
      const { stderr, stdout } = yield* run("bash", ["-c", line], { cwd: folder })
      assert.strictEqual(stderr, "")
      assert.match(stdout, /^\{"_tag":"Checking".*\}\n\{"_tag":"Listening".*\}\n\{.*\}\ncode 141\n$/)
      assert.deepStrictEqual(events(), ["started", "stopped"])
    }),
  )

  ;(here("/dev/full") ? it.effect : it.effect.skip)("a full disk under its output ends it in order", () =>
    Effect.gen(function* () {
      const { folder } = yield* stage()
      const line = `"${node}" "${entry}" download film.torrent --json >/dev/full; echo "code $?"`
      const { stderr, stdout } = yield* run("bash", ["-c", line], { cwd: folder })
      assert.match(stderr, /^error: Cannot write the output: ENOSPC[^\n]+\n$/)
      assert.strictEqual(stdout, "code 5\n")
    }),
  )

  it.effect("a slow reader gets everything, whatever the exit code", () =>
    Effect.gen(function* () {
      const { folder } = yield* stage()
      const many = Content.make({
        files: Array.from({ length: 5000 }, (_, at) => ({ path: [`a file with a name ${at}`], length: 10 })),
      })
      yield* (yield* FileSystem.FileSystem).writeFile(join(folder, "many.torrent"), many.bytes)
      const line = `"${node}" "${entry}" verify many.torrent . --json | (sleep 0.5; cat); echo "code \${PIPESTATUS[0]}"`
      const { stdout } = yield* run("bash", ["-c", line], { cwd: folder })
      const [json, code] = stdout.trimEnd().split("\n")
      assert.lengthOf(JSON.parse(json!).files, 5000)
      assert.strictEqual(code, "code 1")
    }),
  )

  ;(terminals ? describe : describe.skip)(terminals ? "a terminal" : "a terminal (no `script` here)", () => {
    /** In a terminal of its own, which closes with the scope. */
    const onTerminal = (folder: string, command: string): ReturnType<typeof start> =>
      start("script", ["-qefc", command, "/dev/null"], {
        cwd: folder,
        env: { ...process.env, TERM: "xterm", NO_COLOR: "1" },
      })
    const unchoke = `"${node}" "${entry}"`

    it.effect("that closes is a signal, and no crash", () =>
      Effect.gen(function* () {
        const { events, folder, given, swarm } = yield* stage()
        const command: Started = yield* onTerminal(folder, `exec ${unchoke} download film.torrent`)
        yield* given
        yield* command.send("SIGKILL")
        yield* until(() => swarm.open() === 0 && events().length > 1)
        assert.deepStrictEqual(events(), ["started", "stopped"])
      }),
    )

    it.effect("that closes under a command that is to outlive it", () =>
      Effect.gen(function* () {
        const { folder, given } = yield* stage()
        const line = `trap '' HUP; ${unchoke} download film.torrent & echo $! >pid; wait $!; echo $? >code`
        const command = yield* onTerminal(folder, line)
        yield* given
        const pid = Number(readFileSync(join(folder, "pid"), "utf8"))
        yield* command.send("SIGKILL")
        yield* Effect.sleep(500)
        process.kill(pid, "SIGTERM")
        yield* until(() => here(join(folder, "code")) && readFileSync(join(folder, "code"), "utf8") !== "")
        assert.strictEqual(readFileSync(join(folder, "code"), "utf8"), "143\n")
      }),
    )

    it.effect("gets the live line again when a stopped command goes on", () =>
      Effect.gen(function* () {
        const { content, folder } = yield* stage()
        const swarm = yield* LoopbackSwarm.start(content, [{ script: Script.neverUnchoke }])
        const peer = NetAddress.formatInet(swarm.addresses[0]!)
        const line = `echo $$ >pid; exec ${unchoke} probe film.torrent --no-tracker --peer ${peer}`
        const command = yield* onTerminal(folder, line)
        const drawn = () => command.printed().split("1 still waiting to be unchoked").length - 1
        yield* until(() => drawn() === 1)
        yield* Effect.sleep(300)
        assert.strictEqual(drawn(), 1)
        const pid = Number(readFileSync(join(folder, "pid"), "utf8"))
        // What a shell sends on `fg`; stopping it as well would make `script` stop itself.
        process.kill(pid, "SIGCONT")
        yield* until(() => drawn() === 2)
      }),
    )

    for (const columns of [0, 1, 5, 10, 20, 40]) {
      it.effect(`of ${columns} columns: no stack, no broken words, no word a line`, () =>
        Effect.gen(function* () {
          const { folder } = yield* stage()
          for (const command of ["--help", "download --help", "show film.torrent", "verify film.torrent ."]) {
            const line = `stty cols ${columns}; ${unchoke} ${command}`
            const { stdout } = yield* Effect.scoped(
              Effect.flatMap(onTerminal(folder, line), ({ finished }) => finished),
            )
            const lines = stdout.replaceAll("\r", "").trimEnd().split("\n")
            assert.notMatch(stdout, /^ {4}at /m)
            const width = columns === 0 ? 80 : columns < 10 ? Infinity : columns
            for (const one of lines) if (one.length > width) assert.notMatch(one.trim(), /\s/, one)
            if (columns !== 10) assert.isTrue(lines.some((one) => one.trim().split(/\s+/).length > 2))
          }
        }),
      )
    }
  })
})

/** The built command's view on real terminals: those of tmux, which tells what is on them, and how they are left. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Content, LoopbackSwarm, Script } from "@unchoke/testkit"
import { assert, layer } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { NetAddress } from "effect/net"
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { entry } from "../process.ts"

const pieceLength = 65_536
const node = process.execPath

const isThere = (() => {
  try {
    execFileSync("tmux", ["-V"])
    return process.platform !== "win32"
  } catch {
    return false
  }
})()

let terminals = 0

/** A shell on a terminal of so many columns and rows, gone with the scope. */
const terminalOf = (folder: string, columns: number, rows: number) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const socket = join(folder, `tmux-${terminals++}`)
      const tmux = (...args: ReadonlyArray<string>): string =>
        execFileSync("tmux", ["-S", socket, "-f", "/dev/null", ...args], { encoding: "utf8", cwd: folder })
      tmux("new-session", "-d", "-x", `${columns}`, "-y", `${rows}`, "env PS1='$ ' bash --norc --noprofile -i")
      return tmux
    }),
    (tmux) => Effect.sync(() => void tmux("kill-server")),
  ).pipe(
    Effect.map((tmux) => ({
      press: (...keys: ReadonlyArray<string>) => Effect.sync(() => void tmux("send-keys", ...keys)),
      /** Between marks, where these were asked for. */
      paste: (text: string) =>
        Effect.sync(() => {
          tmux("set-buffer", text)
          tmux("paste-buffer", "-p")
        }),
      resize: (columns: number, rows: number) =>
        Effect.sync(() => void tmux("resize-window", "-x", `${columns}`, "-y", `${rows}`)),
      text: () => tmux("capture-pane", "-p").trimEnd(),
      /** Whether the other screen is on, a cursor is seen, and lines wrap. */
      state: () => tmux("display-message", "-p", "#{alternate_on}#{cursor_flag}#{wrap_flag}").trim(),
    })),
  )

type Terminal = Effect.Success<ReturnType<typeof terminalOf>>

const taken = "100"
const asBefore = "011"

const until = (reached: () => boolean) =>
  Effect.repeat(Effect.delay(Effect.sync(reached), 50), { until: (yes) => yes }).pipe(Effect.asVoid)

/** A folder with a torrent, whose only peer gives seven pieces and no more. */
const stage = Effect.fnUntraced(function* () {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "unchoke-view-" })
  const content = Content.make({ name: "film.mkv", files: 20 * pieceLength, pieceLength })
  const swarm = yield* LoopbackSwarm.start(content, [{ script: Script.stallAfter(28) }])
  yield* fs.writeFile(join(folder, "film.torrent"), content.bytes)
  const peers = `--no-dht --no-lsd --no-tracker --peer ${NetAddress.formatInet(swarm.addresses[0]!)}`
  const script = (name: string, command: string) =>
    fs.writeFileString(join(folder, name), `echo $$ >pid; exec "${node}" "${entry}" ${command} "$@"\n`)
  yield* script("download", `download film.torrent ${peers}`)
  yield* script("probe", `probe film.torrent ${peers}`)
  yield* script("unpeered", "download film.torrent --no-dht --no-lsd --no-tracker")
  const pid = () => Number(readFileSync(join(folder, "pid"), "utf8"))
  return { folder, pid }
})

/** The keys work for the shell again, and it is in its line. */
const isUsable = Effect.fnUntraced(function* ({ press, state, text }: Terminal) {
  yield* press("stty -a | tr ' ' '\\n' | grep -cxE 'icanon|echo|isig|opost'", "Enter")
  yield* until(() => /^4$/m.test(text()))
  assert.strictEqual(state(), asBefore)
})

layer(NodeServices.layer, { excludeTestServices: true, timeout: "60 seconds" })("on a terminal", (it) => {
  const test = isThere ? it.effect : it.effect.skip

  for (const [columns, rows] of [
    [40, 12],
    [80, 24],
    [120, 40],
  ] as const) {
    test(`of ${columns}×${rows} the view is as large as that, and what was said is there when it is closed${isThere ? "" : " (no tmux here)"}`, () =>
      Effect.gen(function* () {
        const { folder } = yield* stage()
        const terminal = yield* terminalOf(folder, columns, rows)
        const { press, state, text } = terminal
        yield* press("bash ./download --view", "Enter")
        yield* until(() => /35\.0 %/.test(text()) && /127\.0\.0\.1:\d+/.test(text()) && /^[█·]+$/m.test(text()))
        assert.strictEqual(state(), taken)
        const lines = text().split("\n")
        assert.lengthOf(lines, rows)
        assert.match(lines[0]!, /^film\.mkv .*1\.25 MiB in 20 pieces$/)
        assert.match(lines.at(-1)!, /^q quit/)
        // Seven of twenty pieces, each as wide as the others, as far as cells allow.
        const map = lines.find((line) => /^[█·]+$/.test(line))!
        assert.closeTo(map.split("█").length - 1, (columns * 7) / 20, 7)
        yield* press("v")
        yield* until(() => state() === asBefore)
        assert.include(text(), "Downloading film.mkv")
        yield* press("v")
        yield* until(() => state() === taken)
        yield* press("q")
        yield* until(() => /Stopped with 448 KiB of 1\.25 MiB/.test(text()))
        yield* isUsable(terminal)
      }))
  }

  test("a view follows the size of its terminal", () =>
    Effect.gen(function* () {
      const { folder } = yield* stage()
      const { press, resize, text } = yield* terminalOf(folder, 100, 30)
      yield* press("bash ./download --view", "Enter")
      for (const [columns, rows] of [
        [100, 30],
        [50, 15],
        [130, 45],
        [8, 3],
        [80, 24],
      ] as const) {
        yield* resize(columns, rows)
        yield* until(() => {
          const lines = text().split("\n")
          return lines.length === rows && lines.at(-1)!.startsWith("q") && lines[0]!.startsWith("film.mk")
        })
      }
      yield* press("q")
    }))

  test("what is pasted is no key, and no paste is marked any more when it has ended", () =>
    Effect.gen(function* () {
      const { folder } = yield* stage()
      const terminal = yield* terminalOf(folder, 80, 24)
      const { paste, press, state, text } = terminal
      yield* press("bash ./download", "Enter")
      yield* until(() => /35\.0 %/.test(text()))
      yield* paste("v\nq")
      yield* Effect.sleep(600)
      assert.strictEqual(state(), asBefore)
      yield* press("v")
      yield* until(() => state() === taken)
      yield* paste("q")
      yield* paste("q hello")
      yield* Effect.sleep(600)
      assert.strictEqual(state(), taken)
      yield* press("q")
      yield* until(() => /Stopped with 448 KiB of 1\.25 MiB/.test(text()))
      yield* press('read -r line; echo "[${line%x}]"', "Enter")
      yield* paste("hellox")
      yield* press("Enter")
      yield* until(() => /^\[hello\]$/m.test(text()))
      yield* isUsable(terminal)
    }))

  for (const [how, end] of [
    ["Ctrl-C", ({ press }: Terminal) => press("C-c")],
    ["SIGTERM", (_: Terminal, pid: number) => Effect.sync(() => void process.kill(pid, "SIGTERM"))],
    ["SIGQUIT", (_: Terminal, pid: number) => Effect.sync(() => void process.kill(pid, "SIGQUIT"))],
  ] as const) {
    test(`${how}: the terminal is as it was before`, () =>
      Effect.gen(function* () {
        const { folder, pid } = yield* stage()
        const terminal = yield* terminalOf(folder, 80, 24)
        yield* terminal.press("ulimit -c 0; bash ./download --view", "Enter")
        yield* until(() => terminal.state() === taken && /35\.0 %/.test(terminal.text()))
        yield* end(terminal, pid())
        yield* until(() => terminal.state() === asBefore)
        yield* isUsable(terminal)
        if (how !== "SIGQUIT") assert.include(terminal.text(), "Stopped with 448 KiB of 1.25 MiB")
      }))
  }

  test("Ctrl-Z gives the terminal to the shell, fg takes it back; in the background nothing is taken", () =>
    Effect.gen(function* () {
      const { folder } = yield* stage()
      const terminal = yield* terminalOf(folder, 80, 24)
      const { press, state, text } = terminal
      yield* press("bash ./download --view", "Enter")
      yield* until(() => state() === taken && /35\.0 %/.test(text()))
      yield* press("C-z")
      yield* until(() => state() === asBefore && /Stopped/.test(text()))
      yield* isUsable(terminal)
      yield* press("fg", "Enter")
      yield* until(() => state() === taken && text().startsWith("film.mkv"))
      yield* press("C-z")
      yield* until(() => state() === asBefore)
      yield* press("bg", "Enter")
      yield* press("clear; echo he''llo", "Enter")
      yield* until(() => /hello/.test(text()))
      assert.strictEqual(state(), asBefore)
      yield* press("fg", "Enter")
      yield* until(() => state() === taken)
      yield* press("C-c")
      yield* until(() => state() === asBefore)
      yield* isUsable(terminal)
    }))

  test("what ends by itself leaves its last words: an error, and the table of a probe", () =>
    Effect.gen(function* () {
      const { folder } = yield* stage()
      const terminal = yield* terminalOf(folder, 80, 24)
      yield* terminal.press("bash ./unpeered --view", "Enter")
      yield* until(() => /error: /.test(terminal.text()))
      yield* isUsable(terminal)
      yield* terminal.press("clear; bash ./probe --view", "Enter")
      yield* until(() => /would give us the file\./.test(terminal.text()))
      yield* isUsable(terminal)
    }))

  test("the key opens it; a terminal that can nothing, and what is none, gets lines", () =>
    Effect.gen(function* () {
      const { folder } = yield* stage()
      const terminal = yield* terminalOf(folder, 80, 24)
      const { press, state, text } = terminal
      yield* press("bash ./download", "Enter")
      yield* until(() => /35\.0 %/.test(text()))
      assert.strictEqual(state(), asBefore)
      yield* press("v")
      yield* until(() => state() === taken)
      yield* press("Escape")
      yield* until(() => state() === asBefore)
      yield* press("C-c")
      yield* until(() => /Stopped with/.test(text()))
      yield* isUsable(terminal)
      yield* press("clear; TERM=dumb bash ./download --view", "Enter")
      yield* until(() => /are there already/.test(text()))
      assert.strictEqual(state(), asBefore)
      yield* press("C-c")
      yield* until(() => /Stopped with/.test(text()))
      yield* press("clear; bash ./download --view 2>&1 | cat", "Enter")
      yield* until(() => /are there already/.test(text()))
      assert.strictEqual(state(), asBefore)
      yield* press("C-c")
      yield* isUsable(terminal)
    }))
})

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { coloured, plain } from "../../packages/cli/src/render/style.ts"
import * as Screen from "../../packages/cli/src/Screen.ts"
import * as terminalScreen from "../../packages/cli/src/terminalScreen.ts"
import { recorded, recording } from "./cli.ts"

/** A terminal's last lines after what was written to it: just enough of one. */
const terminal = (columns: number) => {
  let text = ""
  return {
    isTTY: true,
    columns,
    write: (more: string) => (text += more),
    get lines() {
      // What a carriage return and "erase to the end of the line" leave.
      return text.split("\n").map((line) => line.split("\r\u001b[K").at(-1))
    },
  }
}

const pipe = () => {
  const written: Array<string> = []
  return { write: (text: string) => written.push(text), written }
}

describe("Screen", () => {
  it("rewrites the live line, and puts others above it", () => {
    const tty = terminal(20)
    const screen = terminalScreen.make(tty, tty, {})
    Effect.runSync(
      Effect.gen(function* () {
        yield* screen.note("one")
        yield* screen.draw("10 %")
        assert.deepStrictEqual(tty.lines, ["one", "10 %"])
        yield* screen.draw("20 %")
        yield* screen.note("a note that is longer than the terminal")
        yield* screen.print("a result that is longer than the terminal")
        assert.deepStrictEqual(tty.lines, [
          "one",
          "a note that is",
          "  longer than the",
          "  terminal",
          "a result that is longer than the terminal",
          "20 %",
        ])
        yield* screen.draw("")
        assert.strictEqual(tty.lines.at(-1), "")
      }),
    )
  })

  it("begins a line of its own behind the ^C that a terminal has echoed, where no live line is cleared", () => {
    for (const TERM of ["dumb", "xterm"]) {
      const tty = terminal(40)
      const screen = terminalScreen.make(tty, tty, { TERM })
      if (screen.liveWidth() !== undefined) Effect.runSync(screen.draw("10 %"))
      tty.write("^C")
      screen.interrupted!()
      Effect.runSync(
        Effect.gen(function* () {
          yield* screen.draw("")
          yield* screen.note("Stopped.")
          yield* screen.note("Bye.")
        }),
      )
      assert.deepStrictEqual(tty.lines, [...(TERM === "dumb" ? ["^C"] : []), "Stopped.", "Bye.", ""])
    }
  })

  it("writes the live line again when a shell has written over it", () => {
    const tty = terminal(40)
    const screen = terminalScreen.make(tty, tty, {})
    Effect.runSync(screen.redraw)
    assert.deepStrictEqual(tty.lines, [""])
    Effect.runSync(screen.draw("10 %"))
    tty.write("^Z\n[1]+ Stopped\n$ fg\nunchoke\n")
    Effect.runSync(screen.redraw)
    assert.strictEqual(tty.lines.at(-1), "10 %")
  })

  it("takes a terminal that does not know its size for a usual one, and leaves a tiny one alone", () => {
    const words = "eight words of which each is rather short, and more of them, so that it is too long for one"
    for (const [columns, lines, width] of [
      [0, 2, 80],
      [80, 2, 80],
      [5, 1, 5],
      [1, 1, 1],
    ] as const) {
      const tty = terminal(columns)
      const screen = terminalScreen.make(tty, tty, {})
      assert.deepStrictEqual([screen.width(), screen.liveWidth()], [width, width])
      Effect.runSync(Effect.provideService(Screen.say(words), Screen.Screen, screen))
      assert.lengthOf(tty.lines, lines + 1)
    }
  })

  it("keeps results and notes apart, without escapes, in pipes", () => {
    const [stdout, stderr] = [pipe(), pipe()]
    const screen = terminalScreen.make(stdout, stderr, {})
    Effect.runSync(Effect.andThen(screen.print("result"), screen.note("note")))
    assert.deepStrictEqual([stdout.written, stderr.written], [["result\n"], ["note\n"]])
    assert.deepStrictEqual([screen.out, screen.err], [plain, plain])
    assert.deepStrictEqual([screen.width(), screen.liveWidth()], [undefined, undefined])
  })

  it("colours each stream by what it is", () => {
    const screen = terminalScreen.make(pipe(), terminal(80), {})
    assert.deepStrictEqual([screen.out, screen.err], [plain, coloured])
    assert.strictEqual(terminalScreen.make(terminal(80), pipe(), { NO_COLOR: "1" }).out, plain)
    const dumb = terminalScreen.make(terminal(80), terminal(80), { TERM: "dumb" })
    assert.deepStrictEqual([dumb.out, dumb.liveWidth()], [plain, undefined])
  })

  const following = (columns: number | undefined, milliseconds: number) =>
    Effect.gen(function* () {
      const onto = recording()
      yield* Effect.gen(function* () {
        yield* Screen.follow((now, columns) => `${now} in ${columns}`)
        for (let passed = 0; passed < milliseconds; passed += 50) yield* TestClock.adjust(50)
      }).pipe(Effect.scoped, Effect.provideService(Screen.Screen, recorded(onto, columns)))
      return onto
    })

  it.effect("below what is said a changing line is as it is then, and nothing of it is left in the end", () =>
    Effect.gen(function* () {
      const written: Array<string> = []
      const tty = { isTTY: true, columns: 80, write: (text: string) => written.push(text) }
      const screen = terminalScreen.make(tty, tty, {})
      let state = "0 of 306"
      yield* Screen.follow(() => state).pipe(
        Effect.andThen(
          Effect.gen(function* () {
            yield* TestClock.adjust("100 millis")
            assert.strictEqual(written.at(-1), "0 of 306")
            state = "306 of 306"
            yield* screen.note("All are there")
            assert.deepStrictEqual(written.slice(-2), ["All are there\n", "306 of 306"])
          }),
        ),
        Effect.scoped,
        Effect.provideService(Screen.Screen, screen),
      )
      yield* screen.note("The end")
      assert.deepStrictEqual(written.slice(-1), ["The end\n"])
    }),
  )

  it.effect("a changing line is drawn ten times a second on a terminal, and removed in the end", () =>
    Effect.gen(function* () {
      const { live, stderr } = yield* following(80, 450)
      assert.deepStrictEqual(live, ["100 in 77", "200 in 77", "300 in 77", "400 in 77", ""])
      assert.deepStrictEqual(stderr, [])
    }),
  )

  it.effect("a log is not told again what it was told last", () =>
    Effect.gen(function* () {
      const onto = recording()
      yield* Effect.gen(function* () {
        // It changes at 20 and at 30 seconds.
        yield* Screen.follow((now) => (now < 20_000 || now >= 30_000 ? "nobody" : "somebody"))
        for (let passed = 0; passed < 60_000; passed += 50) yield* TestClock.adjust(50)
      }).pipe(Effect.scoped, Effect.provideService(Screen.Screen, recorded(onto)))
      assert.deepStrictEqual(onto.stderr, ["nobody", "somebody", "nobody"])
    }),
  )

  it.effect("elsewhere it is a line every five seconds", () =>
    Effect.gen(function* () {
      const { live, stderr } = yield* following(undefined, 12_000)
      assert.deepStrictEqual(stderr, ["5000 in undefined", "10000 in undefined"])
      assert.deepStrictEqual(live, [""])
    }),
  )

  it.effect("a silent one shows nothing", () =>
    Effect.gen(function* () {
      const onto = recording()
      const say = Screen.Screen.use(({ draw, note, print }) =>
        Effect.andThen(print("result"), Effect.andThen(note("note"), draw("live"))),
      )
      yield* Effect.provideServiceEffect(say, Screen.Screen, Screen.silent).pipe(
        Effect.provideService(Screen.Screen, recorded(onto)),
      )
      assert.deepStrictEqual(onto, recording())
    }),
  )
})

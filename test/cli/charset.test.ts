/** What a terminal gets that does not speak UTF-8. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { inAscii, speaksUtf8 } from "../../packages/cli/src/render/charset.ts"
import { isolated } from "../../packages/cli/src/render/rightToLeft.ts"
import { bar } from "../../packages/cli/src/render/bar.ts"
import { plain } from "../../packages/cli/src/render/style.ts"
import { safe, widthOf } from "../../packages/cli/src/render/text.ts"
import * as terminalScreen from "../../packages/cli/src/terminalScreen.ts"

describe("a terminal without UTF-8", () => {
  it("is known by the variable that counts; none of them is set where everything speaks it", () => {
    const speaks = (env: Record<string, string>) => speaksUtf8(env, "linux")
    for (const locale of ["C.UTF-8", "de_DE.utf8", "en_US.UTF-8@euro", "UTF-8"]) {
      assert.isTrue(speaks({ LC_ALL: locale, LC_CTYPE: "C", LANG: "C" }))
      assert.isTrue(speaks({ LC_ALL: "", LC_CTYPE: locale, LANG: "C" }))
      assert.isTrue(speaks({ LANG: locale }))
    }
    for (const locale of ["C", "POSIX", "de_DE.ISO-8859-1", "de_DE@euro", "ja_JP.eucJP"]) {
      assert.isFalse(speaks({ LC_ALL: locale, LC_CTYPE: "C.UTF-8", LANG: "C.UTF-8" }))
      assert.isFalse(speaks({ LC_CTYPE: locale, LANG: "C.UTF-8" }))
      assert.isFalse(speaks({ LANG: locale }))
      assert.isTrue(speaksUtf8({ LANG: locale }, "win32"))
    }
    assert.isTrue(speaks({}))
    assert.isTrue(speaks({ LC_ALL: "", LANG: "" }))
  })

  it.prop("gets ASCII alone, in as many cells", [Schema.String], ([text]) => {
    for (const one of [text, "映画 é 👩‍👩‍👧‍👦 e\u0301…▃ ━╸─ ↑"]) {
      const ascii = inAscii(safe(one))
      // oxlint-disable-next-line no-control-regex
      assert.match(ascii, /^[\u0000-\u007f]*$/)
      assert.strictEqual(widthOf(ascii), widthOf(safe(one)))
    }
  })

  it("tells what we draw with apart", () => {
    assert.strictEqual(inAscii(bar(0.55, 10, plain)), "=====-....")
    for (const drawn of ["·░▒▓█×", "▁▂▃▄▅▆▇█", "↑↓"]) {
      const ascii = inAscii(drawn)
      assert.strictEqual(new Set(ascii).size, drawn.length)
      assert.notInclude(ascii, "?")
    }
  })

  it("gets it on both streams and as a whole; a pipe gets names as they are", () => {
    for (const env of [{ LC_ALL: "C" }, { LANG: "C.UTF-8" }]) {
      const written: Array<string> = []
      const tty = { isTTY: true, columns: 40, rows: 12, write: (text: string) => void written.push(text) }
      const piped: Array<string> = []
      const screen = terminalScreen.make({ write: (text: string) => void piped.push(text) }, tty, env)
      Effect.runSync(
        Effect.gen(function* () {
          yield* screen.draw("━━ 10 %")
          yield* screen.note("映画…")
          yield* screen.print("映画…")
        }),
      )
      const taken = screen.take!(() => {})
      taken.write("█")
      assert.deepStrictEqual(taken.size(), { columns: 40, rows: 12 })
      taken.giveBack()
      assert.deepStrictEqual(piped, ["映画…\n"])
      // oxlint-disable-next-line no-control-regex
      assert.strictEqual(/^[\u0000-\u007f]*$/.test(written.join("")), "LC_ALL" in env)
    }
  })
})

describe("a name that is read from right to left", () => {
  const Part = Schema.Literals(["שלום", "לקוח תורנט", "مرحبا", "gives", "12 %", "  ", " ", "…", "映画", "qBittorrent"])

  it.prop("moves nothing beside it, and is otherwise as it was", [Schema.Array(Part)], (parts) => {
    const text = parts.flat().join("  ")
    const shown = isolated(text)
    assert.strictEqual(shown.replace(/[\u2068\u2069]/g, ""), text)
    assert.strictEqual(widthOf(shown), widthOf(text))
    const outside = shown.replace(/\u2068[^\u2068\u2069]*\u2069/g, "")
    assert.notMatch(outside, /[\u0590-\u08ff]/)
    for (const [, inside] of shown.matchAll(/\u2068([^\u2069]*)\u2069/g))
      assert.notMatch(inside!, /\d| {2}|^ | $|[a-z]/i)
  })

  it("is isolated on a terminal, and comes as it is through a pipe", () => {
    const [tty, pipe]: ReadonlyArray<Array<string>> = [[], []]
    const screen = terminalScreen.make(
      { write: (text: string) => void pipe!.push(text) },
      { isTTY: true, columns: 80, write: (text: string) => void tty!.push(text) },
      {},
    )
    Effect.runSync(Effect.andThen(screen.note("שלום  5 %"), screen.print("שלום  5 %")))
    assert.deepStrictEqual([tty, pipe], [["\u2068שלום\u2069  5 %\n"], ["שלום  5 %\n"]])
  })
})

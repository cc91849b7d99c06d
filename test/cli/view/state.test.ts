/** What the views are folded from: keys, what is chosen by them, pieces, rates. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as Controls from "../../../packages/cli/src/view/Controls.ts"
import { History, sparkline } from "../../../packages/cli/src/view/History.ts"
import { Keyboard } from "../../../packages/cli/src/view/Keyboard.ts"
import { type Key, keysIn } from "../../../packages/cli/src/view/keys.ts"
import { availability, PieceMap } from "../../../packages/cli/src/view/PieceMap.ts"

const within = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

describe("keys", () => {
  const known: ReadonlyArray<readonly [string, Key]> = [
    ["\u001b[A", "up"],
    ["\u001bOB", "down"],
    ["\u001b[6~", "page down"],
    ["\u001b[1;5C", "other"],
    ["\u001b[200~", "other"],
    ["\u0003", "interrupt"],
    ["q", "q"],
    ["é", "other"],
    ["😀", "other"],
  ]

  it.prop("are told apart however many come at once", [Schema.Array(within(0, known.length - 1))], ([pressed]) => {
    const text = pressed.map((nth) => known[nth]![0]).join("")
    assert.deepStrictEqual(
      keysIn(text),
      pressed.map((nth) => known[nth]![1]),
    )
  })

  it("one that was pressed alone is no beginning of another", () => {
    assert.deepStrictEqual(keysIn("\u001b"), ["escape"])
    assert.deepStrictEqual(new Keyboard().read("\u001b", 0), ["escape"])
  })

  const Act = Schema.Struct({
    pastes: Schema.Union([Schema.Undefined, Schema.String]),
    nth: within(0, known.length - 1),
    cut: within(0, 40),
  })

  it.prop(
    "nothing that is pasted is one, and what is pressed before and after is, however both are cut",
    [Schema.Array(Act)],
    ([acts]) => {
      const keyboard = new Keyboard()
      let now = 0
      for (const { cut, nth, pastes } of acts) {
        now += 2000
        const [pressed, key] = known[nth]!
        // A terminal takes these out of what it pastes (xterm: as the paste controls).
        // oxlint-disable-next-line no-control-regex
        const pasted = pastes?.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, "")
        const bytes = pasted === undefined ? pressed : `\u001b[200~q${pasted}vq\u001b[201~${pressed}`
        // Escape is a key of its own: no sequence is cut behind it.
        const at =
          bytes[cut - 1] === "\u001b" && (pasted === undefined || cut === 1 || cut > bytes.indexOf("\u001b[201~") + 6)
            ? 0
            : cut
        const heard = [...keyboard.read(bytes.slice(0, at), now), ...keyboard.read(bytes.slice(at), now + 300)]
        const surrogate = key === "other" && heard.length === 2
        assert.deepStrictEqual(surrogate ? heard.slice(1) : heard, pressed === "\u001b[200~" ? [] : [key])
      }
    },
  )

  it.prop("many characters at once are a paste, few are keys, and a held key is one", [within(1, 30)], ([amount]) => {
    const keyboard = new Keyboard()
    const text = "have a query"
    assert.deepStrictEqual(keyboard.read(`\u001b[A${text}`, 0), ["up"])
    assert.deepStrictEqual(keyboard.read("vsq", 1), ["v", "s", "q"])
    assert.deepStrictEqual(
      keyboard.read("j".repeat(amount), 2),
      Array.from({ length: amount }, () => "j"),
    )
  })

  it.prop(
    "after a paste that does not end Ctrl-C is heard, and all else a moment later",
    [within(0, 3000)],
    ([later]) => {
      const keyboard = new Keyboard()
      keyboard.read("\u001b[200~some", 0)
      assert.deepStrictEqual(keyboard.read("q", later), later > 1000 ? ["q"] : [])
      assert.deepStrictEqual(keyboard.read("\u0003", later + 1), ["interrupt"])
      assert.deepStrictEqual(keyboard.read("q", later + 2), ["q"])
    },
  )
})

describe("what is chosen", () => {
  const keys: ReadonlyArray<Key> = [
    "up",
    "down",
    "page up",
    "page down",
    "home",
    "end",
    "s",
    "S",
    "r",
    "j",
    "k",
    "other",
  ]

  it.prop(
    "is always a row that there is, and a column that there is",
    [Schema.Array(Schema.Tuple([within(0, keys.length - 1), within(0, 30)])), within(1, 7)],
    ([presses, sorts]) => {
      let controls = Controls.initial
      for (const [nth, last] of presses) {
        const before = controls
        controls = Controls.press(controls, keys[nth]!, { sorts, page: 5, last })
        if (controls.top !== before.top) assert.isAtMost(controls.top, last)
        assert.isAtLeast(controls.top, 0)
        assert.isBelow(controls.sort, sorts)
      }
    },
  )
})

describe("the map of pieces", () => {
  it.prop(
    "has as many cells as it may, full where all is there, empty where nothing is",
    [Schema.Array(Schema.Boolean).check(Schema.isMinLength(1), Schema.isMaxLength(300)), within(1, 80), within(1, 6)],
    ([there, columns, rows]) => {
      const map = new PieceMap(there.length)
      for (const [piece, is] of there.entries()) {
        if (is) map.see({ _tag: "PieceStored", piece, bytes: 1, stored: 1, pieces: there.length })
      }
      const lines = map.lines(columns, rows)
      assert.isAtMost(lines.length, rows)
      for (const line of lines) assert.strictEqual([...line].length, columns)
      const text = lines.join("")
      const all = there.every((is) => is)
      const none = there.every((is) => !is)
      assert.strictEqual(/^█+$/.test(text), all)
      assert.strictEqual(/^·+$/.test(text), none)
      // Each piece is in a cell: what is there is seen, and what is not is seen, too.
      if (text.length >= there.length) {
        assert.strictEqual(text.includes("█"), !none)
        assert.strictEqual(text.includes("·"), !all)
      }
    },
  )

  it("knows what the disk had, and what it has lost", () => {
    const map = new PieceMap(10)
    const runs: ReadonlyArray<readonly [number, number]> = [
      [0, 2],
      [8, 5],
    ]
    map.see({ _tag: "Checking", checked: 10, present: 4, bytes: 4, pieces: 10, runs })
    assert.deepStrictEqual(map.lines(10, 1), ["██······██"])
    map.see({ _tag: "Copies", copies: 0.5, lacking: 1, pieces: [4] })
    assert.deepStrictEqual(map.lines(10, 1), ["██··×···██"])
    map.see({ _tag: "Copies", copies: 0, lacking: 6, pieces: [2, 3] })
    assert.deepStrictEqual(map.lines(10, 1), ["██······██"])
    assert.deepStrictEqual(availability([0, 1, 4, 4], 4, 1), ["×░██"])
  })
})

describe("rates over time", () => {
  it.prop(
    "nothing is lost and nothing is made up while seconds pass",
    [Schema.Array(Schema.Tuple([within(0, 5000), within(0, 1000)])).check(Schema.isMaxLength(40))],
    ([steps]) => {
      const history = new History()
      let now = 0
      const added: Array<readonly [number, number]> = []
      for (const [wait, bytes] of steps) {
        now += wait
        history.add(bytes, now)
        added.push([Math.floor(now / 1000), bytes])
      }
      const second = Math.floor(now / 1000)
      const shown = history.last(50, now)
      assert.lengthOf(shown, 50)
      for (const [nth, rate] of shown.entries()) {
        const last = second - 50 + nth
        const sum = added.reduce((sum, [at, bytes]) => (at <= last && at > last - 3 ? sum + bytes : sum), 0)
        assert.closeTo(rate, sum / 3, 1e-6)
      }
    },
  )

  it("is as high as the most, and flat without anything", () => {
    assert.strictEqual(sparkline([0, 0]), "▁▁")
    assert.strictEqual(sparkline([0, 50, 100]), "▁▅█")
  })
})

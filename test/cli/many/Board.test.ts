/** One screen for several torrents. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Board, pane, Row } from "../../../packages/cli/src/many/Board.ts"
import { sumLine } from "../../../packages/cli/src/many/sumLine.ts"
import { Tally } from "../../../packages/cli/src/many/Tally.ts"
import { plain } from "../../../packages/cli/src/render/style.ts"
import { widthOf } from "../../../packages/cli/src/render/text.ts"
import * as terminalScreen from "../../../packages/cli/src/terminalScreen.ts"
import { recorded, recording } from "../cli.ts"

const within = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const Torrent = Schema.Struct({
  name: Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(60)),
  stage: Schema.Literals(["running", "seeding"]),
  moves: Schema.Boolean,
})

const boardOf = (torrents: ReadonlyArray<typeof Torrent.Type>, now: number) => {
  const tally = new Tally()
  const board = new Board(tally)
  const rows = torrents.map(({ moves, name, stage }, nth) => {
    const row = new Row(name)
    row.stage = stage
    row.movedAt = moves ? now - 1000 : -Infinity
    row.line = (_, columns) => (columns === undefined ? `${nth} goes` : `#${nth}`.padEnd(columns, "."))
    tally.move(undefined, stage)
    board.add(row)
    return row
  })
  return { board, rows, tally }
}

describe("the board", () => {
  it.prop(
    "fits the terminal, shows what moves before what does not, in the order in which they came, and counts the rest",
    [Schema.Array(Torrent).check(Schema.isMaxLength(60)), within(20, 120), within(4, 40)],
    ([torrents, columns, height]) => {
      const now = 100_000
      const { board } = boardOf(torrents, now)
      const lines = board.frame(now, columns, height, plain).split("\n")
      assert.isBelow(lines.length, height)
      for (const line of lines) assert.isAtMost(widthOf(line), columns)
      const shown = lines.flatMap((line) => /#(\d+)\.*$/.exec(line)?.slice(1).map(Number) ?? [])
      assert.deepStrictEqual(
        shown,
        [...shown].toSorted((a, b) => a - b),
      )
      const rank = ({ moves, stage }: (typeof torrents)[number]) => (moves ? 0 : stage === "running" ? 1 : 2)
      const worst = Math.max(-1, ...shown.map((nth) => rank(torrents[nth]!)))
      for (const [nth, torrent] of torrents.entries()) if (!shown.includes(nth)) assert.isAtLeast(rank(torrent), worst)
      const rest = torrents.length - shown.length
      assert.strictEqual(
        lines.some((line) => line.startsWith(`… and ${rest} more`.slice(0, columns))),
        rest > 0,
      )
    },
  )

  it("tells a log what has changed, and nothing of seeds that nobody asks", () => {
    const now = 100_000
    const { board, rows, tally } = boardOf(
      [
        { name: "a", stage: "running", moves: true },
        { name: "b", stage: "seeding", moves: false },
      ],
      now,
    )
    tally.down.add(10 * 1024 * 1024, now)
    assert.deepStrictEqual(board.reports(now, plain).slice(0, 1), ["a: 0 goes"])
    // The rates have fallen; then there is nothing new.
    assert.deepStrictEqual(board.reports(now + 5000, plain), [
      "All together: 1 running, 1 seeding, 0 B/s down, 0 B/s up",
    ])
    assert.deepStrictEqual(board.reports(now + 10_000, plain), [])
    rows[0]!.line = () => "0 has gone on"
    assert.deepStrictEqual(board.reports(now + 15_000, plain), [
      "a: 0 has gone on",
      "All together: 1 running, 1 seeding, 0 B/s down, 0 B/s up",
    ])
  })

  it.prop(
    "the rates are those of who is there: none when all is done, and none when nothing has come within the window",
    [
      Schema.Array(Schema.Struct({ after: within(0, 3000), bytes: within(1, 1_000_000), isUp: Schema.Boolean })),
      within(0, 5),
      Schema.Literals(["running", "seeding", "done", "failed"]),
    ],
    ([moves, later, stage]) => {
      const tally = new Tally()
      tally.move(undefined, "running")
      let now = 1_000_000
      for (const { after, bytes, isUp } of moves) {
        now += after
        ;(isUp ? tally.up : tally.down).add(bytes, now)
      }
      tally.move("running", stage)
      const line = sumLine(tally, now + later * 1000, 80)
      if (stage !== "running" || later === 5) assert.include(line, "↓ 0 B/s")
      if (stage === "done" || stage === "failed" || later === 5) assert.include(line, "↑ 0 B/s")
      const log = sumLine(tally, now + later * 1000)
      assert.strictEqual(log.includes(" down"), stage === "running")
      assert.strictEqual(log.includes(" up"), stage === "running" || stage === "seeding")
    },
  )

  it.prop(
    "all of them have a line that is not cut, with the rate of what moves, from 37 columns on",
    [within(0, 9), within(0, 400), within(0, 400), within(0, 99), within(0, 30), within(37, 120)],
    ([running, unread, done, failed, later, columns]) => {
      const tally = new Tally()
      for (const [stage, count] of Object.entries({ running, done, failed, later })) {
        for (let nth = 0; nth < count; nth++) tally.move(undefined, stage as "done")
      }
      tally.unread = unread
      const all = running + unread + done + failed + later
      assert.strictEqual(tally.all, all)
      if (all === 0) return
      const line = sumLine(tally, 100_000, columns)
      assert.isAtMost(widthOf(line), columns)
      assert.include(line, running > 0 ? "↓ 0 B/s" : "↑ 0 B/s")
      if (!line.includes(" of ")) {
        if (unread > 0) assert.include(line, `${unread} waiting`)
      } else assert.include(line, ` of ${all}`)
    },
  )

  it.effect("what is said of a torrent names it once", () =>
    Effect.gen(function* () {
      const onto = recording()
      const screen = pane(recorded(onto), new Row("a.iso"))
      yield* screen.note("Downloading a.iso into here")
      yield* screen.note("tracker names 3 peers")
      assert.deepStrictEqual(onto.stderr, ["Downloading a.iso into here", "a.iso: tracker names 3 peers"])
    }),
  )
})

describe("a screen with several lines that change", () => {
  /** Enough of a terminal: lines, a cursor, and what moves and clears. */
  const terminal = (columns: number, rows: number) => {
    const lines = [""]
    let [y, x] = [0, 0]
    const write = (text: string) => {
      // oxlint-disable-next-line no-control-regex
      for (const [token] of text.matchAll(/\u001b\[(\d*)([AJK])|\r|\n|[^\u001b\r\n]/gu)) {
        if (token === "\r") x = 0
        else if (token === "\n") {
          ;[y, x] = [y + 1, 0]
          lines[y] ??= ""
        } else if (token.endsWith("A") && token.length > 1) y = Math.max(0, y - Number(token.slice(2, -1)))
        else if (token === "\u001b[K") lines[y] = lines[y]!.slice(0, x)
        else if (token === "\u001b[J") {
          lines[y] = lines[y]!.slice(0, x)
          lines.length = y + 1
        } else {
          lines[y] = lines[y]!.slice(0, x).padEnd(x) + token + lines[y]!.slice(x + 1)
          x++
        }
      }
    }
    return { isTTY: true, columns, rows, write, lines }
  }

  it.prop(
    "has below all that was said what was drawn last, and nothing else",
    [Schema.Array(Schema.Union([within(0, 6), Schema.Literals(["note"])])).check(Schema.isMaxLength(20))],
    ([steps]) => {
      const tty = terminal(80, 24)
      const screen = terminalScreen.make(tty, tty, {})
      const said: Array<string> = []
      let drawn: ReadonlyArray<string> = [""]
      for (const [nth, step] of steps.entries()) {
        if (step === "note") {
          Effect.runSync(screen.note(`note ${nth}`))
          said.push(`note ${nth}`)
        } else {
          drawn = step === 0 ? [""] : Array.from({ length: step }, (_, line) => `line ${line} of ${nth}`)
          Effect.runSync(screen.draw(drawn.join("\n")))
        }
        assert.deepStrictEqual(tty.lines, [...said, ...drawn])
      }
    },
  )
})

/**
 * The columns of the peers on a screen.
 *
 * There the rows are grids of their own, all with the same columns: of those that are marked as `later` a browser lays out only what is seen, so that a thousand rows are sorted in a fifth of the time. On
 * paper it is a table, whose head stands on each page.
 */
import { widthOf } from "../render/text.ts"
import { short } from "./markup.ts"
import type { Row } from "./Report.ts"

/** In characters: no column grows wider, whatever is in it. */
const widest = 60
const widestClient = 26

/** How wide a character is as a rule, in em: in prose, and in a fixed pitch, which is a little smaller. */
const inProse = 0.57
const inFixedPitch = 0.52

/** For the sign of how it is sorted, in characters, and between two columns, in em. */
const sign = 3
const gap = 1

/** The time has what is left; at least this, in pixels. */
const leastTime = 240

/** A style sheet. */
export const columnsOf = (rows: ReadonlyArray<Row>): string => {
  const width = (title: string, em: number, textOf: (row: Row) => string, most = widest) => {
    const longest = rows.reduce((longest, row) => Math.max(longest, widthOf(textOf(row))), title.length + sign)
    return short(Math.min(most, longest) * em + gap)
  }
  const before = [
    width("Peer", inFixedPitch, ({ peer }) => peer),
    width("From", inProse, ({ from }) => from.join(", ")),
    width("Client", inProse, ({ client }) => client, widestClient),
    4.2,
  ]
  const behind = [6.4, width("Verdict", inProse, ({ verdict }) => verdict)]
  const ems = (widths: ReadonlyArray<number>) => widths.map((width) => `${width}em`).join(" ")
  const sum = [...before, ...behind].reduce((sum, width) => sum + width, 0)
  return [
    `@media screen{.peers,.peers thead,.peers tbody{display:block}.peers{min-width:calc(${short(sum)}em + ${leastTime}px)}`,
    `.peers tr{display:grid;grid-template-columns:${ems(before)} minmax(${leastTime}px,1fr) ${ems(behind)};align-items:end}.peers tr[hidden]{display:none}`,
    ".peers .later{content-visibility:auto;contain-intrinsic-height:auto 24px}.peers .time{width:auto}.peers thead .time{container-type:inline-size}}",
  ].join("\n")
}

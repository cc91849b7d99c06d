/**
 * The columns of the peers on a screen.
 *
 * There the rows are grids of their own, all with the same columns: of those that are marked as `later` a browser lays out only what is seen, so that a thousand rows are sorted in a fifth of the time. On
 * paper it is a table, whose head stands on each page.
 */
import { widthOf } from "../render/text.ts"
import type { Row } from "./Report.ts"

/** In characters: no column grows wider, whatever is in it. */
const widest = 60

/** Of a digit, which is what CSS measures in: most letters are narrower. */
const usual = 0.9

/** A style sheet. */
export const columnsOf = (rows: ReadonlyArray<Row>): string => {
  const width = (title: string, textOf: (row: Row) => string) => {
    const longest = rows.reduce((most, row) => Math.max(most, widthOf(textOf(row))), title.length + 2)
    return `${Math.ceil(Math.min(widest, longest) * usual) + 2}ch`
  }
  const columns = [
    width("Peer", ({ peer }) => peer),
    width("From", ({ from }) => from.join(", ")),
    `min(13rem,${width("Client", ({ client }) => client)})`,
    "7ch",
    "minmax(240px,1fr)",
    "10ch",
    width("Verdict", ({ verdict }) => verdict),
  ]
  return [
    "@media screen{.peers,.peers thead,.peers tbody{display:block}.peers{width:max-content;min-width:100%}",
    `.peers tr{display:grid;grid-template-columns:${columns.join(" ")};align-items:end}.peers tr[hidden]{display:none}`,
    ".peers .later{content-visibility:auto;contain-intrinsic-height:auto 24px}.peers .time{width:auto}.peers thead .time{container-type:inline-size}}",
  ].join("\n")
}

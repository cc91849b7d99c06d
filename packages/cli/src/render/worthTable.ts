/** What each kind of source was worth: how many of the peers that it has named are there, and how many would give us something. */
import type { Style } from "./style.ts"
import type { Worth } from "./Survey.ts"
import { type Column, table } from "./table.ts"
import { grouped } from "./text.ts"

/** Nothing where there is only one: what there is to say of it the tally says. */
export const worthTable = (worth: ReadonlyArray<Worth>, style: Style, width?: number): ReadonlyArray<string> =>
  worth.length < 2 ? [] : table(columns, worth, style, width)

const number = (title: string, cell: (worth: Worth) => number): Column<Worth> => ({
  title,
  align: "right",
  cell: (worth) => grouped(cell(worth)),
})

const columns: ReadonlyArray<Column<Worth>> = [
  { title: "FROM", cell: ({ from }) => from },
  number("PEERS", ({ peers }) => peers),
  number("EXIST", ({ exist }) => exist),
  { ...number("GIVE", ({ give }) => give), colour: ({ give }, style) => (give > 0 ? style.green : (text) => text) },
]

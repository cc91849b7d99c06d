/** The table of those that we are connected to. */
import { share } from "../render/Finding.ts"
import type { Style } from "../render/style.ts"
import * as Units from "../render/units.ts"
import type { Column, Layout } from "./columns.ts"
import * as PeerRows from "./PeerRows.ts"
import type { Sort } from "./sheet.ts"

type Row = PeerRows.PeerRow

/** On a wide terminal, on a usual one, and on a narrow one, where each takes two lines. */
export const layouts = (pieces: number): ReadonlyArray<Layout<Row>> => {
  const { client, clientBelow, down, has, name, standing, standingInWords, unchoke, up } = columnsOf(pieces)
  return [
    [[{ ...name, grows: 1 }, { ...client, width: 18, grows: 2 }, standingInWords, has, down, up, unchoke]],
    [[name, { ...client, grows: 1 }, standing, has, down, up, unchoke]],
    [
      [{ ...name, grows: 1 }, standing, down],
      [clientBelow, has, up, unchoke],
    ],
  ]
}

/** The same of a seed, whom nobody gives anything. */
export const seedLayouts = (pieces: number): ReadonlyArray<Layout<Row>> => {
  const { client, clientBelow, has, name, standing, up } = columnsOf(pieces)
  return [
    [[{ ...name, grows: 1 }, { ...client, grows: 2 }, standing, has, up]],
    [
      [{ ...name, grows: 1 }, standing, up],
      [clientBelow, has],
    ],
  ]
}

const columnsOf = (pieces: number) =>
  ({
    name: { title: "PEER", width: 21, text: ({ name }) => name },
    client: { title: "CLIENT", width: 10, text: ({ client }) => client ?? "" },
    clientBelow: { title: "  CLIENT", text: ({ client }) => `  ${client ?? ""}`, width: 13, grows: 1 },
    standing: { title: "DOES", width: 6, text: does, paint: colour },
    standingInWords: {
      title: "DOES",
      width: 13,
      text: (row) => (row.serving && row.standing !== "idle" ? `${does(row)}, takes` : does(row)),
      paint: colour,
    },
    has: {
      title: "HAS",
      width: 5,
      align: "right",
      text: ({ has }) => (has === undefined ? "–" : share(Math.min(has, pieces), pieces)),
    },
    down: { title: "DOWN", width: 10, align: "right", text: (row, now) => rate(PeerRows.down(row, now)) },
    up: { title: "UP", width: 10, align: "right", text: (row, now) => rate(PeerRows.up(row, now)) },
    unchoke: {
      title: "UNCHOKE",
      width: 7,
      align: "right",
      text: (row, now) => {
        const took = PeerRows.unchoke(row, now)
        return took === undefined ? "–" : brief(took)
      },
    },
  }) satisfies Record<string, Column<Row>>

const by = {
  up: { by: "UP", order: (a, b, now) => PeerRows.up(b, now) - PeerRows.up(a, now) || rank(a) - rank(b) },
  has: { by: "HAS", order: (a, b) => (b.has ?? -1) - (a.has ?? -1) },
  does: { by: "DOES", order: (a, b) => rank(a) - rank(b) },
  client: { by: "CLIENT", order: (a, b) => compare(a.client ?? "\uffff", b.client ?? "\uffff") },
  peer: { by: "PEER", order: (a, b) => compare(a.name, b.name) },
} satisfies Record<string, Sort<Row>>

/** Who gives most comes first, then who takes most. */
export const sorts: ReadonlyArray<Sort<Row>> = [
  {
    by: "DOWN",
    order: (a, b, now) => PeerRows.down(b, now) - PeerRows.down(a, now) || by.up.order(a, b, now),
  },
  by.up,
  by.has,
  {
    by: "UNCHOKE",
    order: (a, b, now) => (PeerRows.unchoke(a, now) ?? Infinity) - (PeerRows.unchoke(b, now) ?? Infinity) || 0,
  },
  by.does,
  by.client,
  by.peer,
]

export const seedSorts: ReadonlyArray<Sort<Row>> = [by.up, by.has, by.does, by.client, by.peer]

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const words = { supplying: "gives", parked: "chokes", idle: "idle", pausing: "pauses", taking: "takes" } as const

/** What there is to say of it in one word: what it does for us, or else what we do for it. */
const doing = ({ serving, standing }: Row): keyof typeof words => (serving && standing === "idle" ? "taking" : standing)

const does = (row: Row): string => words[doing(row)]

const order: ReadonlyArray<keyof typeof words> = ["supplying", "parked", "pausing", "taking", "idle"]
const rank = (row: Row): number => order.indexOf(doing(row))

const colours = { supplying: "green", taking: "green", parked: "yellow", pausing: "dim", idle: "dim" } as const
const colour = (row: Row, style: Style) => style[colours[doing(row)]]

/** Of those who move nothing the table is quiet. */
const rate = (bytes: number): string => (bytes < 0.5 ? "–" : Units.rate(bytes))

/** "23 ms", "1.2 s", "41 s", "3 min", "2 h". */
const brief = (milliseconds: number): string =>
  milliseconds < 59_500 ? Units.latency(milliseconds) : Units.seconds(milliseconds).replace(/(?<=min|h|days?) .*$/, "")

/** A survey as the live view shows it: everyone who was asked, and what there is to be had of whom. */
import { Duration } from "effect"
import { NetAddress } from "effect/net"
import type { Torrent } from "@unchoke/engine"
import { type Finding, share, verdictOf } from "../render/Finding.ts"
import { type Survey, supply, tally } from "../render/Survey.ts"
import { count, fitWords, safe, wrap } from "../render/text.ts"
import * as Units from "../render/units.ts"
import type { Column, Layout } from "./columns.ts"
import { availability } from "./PieceMap.ts"
import { type Frame, type Look, sheet, type Sort } from "./sheet.ts"

export const surveyFrame = (survey: Survey, { geometry, name }: Torrent, look: Look): Frame => {
  const { size } = look
  return sheet(
    {
      title: safe(name),
      aside: `${Units.bytes(geometry.length)} in ${count(geometry.pieces, "piece")}`,
      head: wrap(survey.size === 0 ? "Looking for peers" : tally(survey), size.columns)
        .split("\n")
        .slice(0, size.rows < 20 ? 2 : 3)
        .map((line) => fitWords(line, size.columns)),
      map: (rows) => availability(survey.copies?.stretches ?? [], size.columns, Math.min(rows, 2)),
      legend: supply(survey, geometry.pieces) || "Nobody has said yet what it has.",
      rows: survey.findings,
      layouts: layouts(geometry.pieces, survey),
      sorts,
      nobody: "Nobody is known yet.",
      below: "",
    },
    look,
  )
}

const layouts = (pieces: number, survey: Survey): ReadonlyArray<Layout<Finding>> => {
  const { client, connect, from, has, peer, unchoke, verdict } = columnsOf(pieces, survey)
  return [
    [
      [
        { ...peer, grows: 1 },
        { ...from, grows: 1 },
        { ...client, width: 18, grows: 2 },
        has,
        connect,
        unchoke,
        { ...verdict, width: 30, grows: 2 },
      ],
    ],
    [[peer, { ...client, width: 10, grows: 1 }, has, unchoke, { ...verdict, width: 28, grows: 2 }]],
    [
      [{ ...peer, grows: 1 }, has, unchoke],
      [
        { ...client, title: "  CLIENT", text: ({ seen }) => `  ${seen?.client ?? ""}`, width: 12, grows: 1 },
        { ...verdict, width: 24, grows: 3 },
      ],
    ],
  ]
}

const columnsOf = (pieces: number, survey: Survey) =>
  ({
    peer: { title: "PEER", width: 21, text: ({ peer }) => NetAddress.formatInet(peer) },
    from: { title: "FROM", width: 8, text: ({ peer }) => survey.from(peer).join(", ") },
    client: { title: "CLIENT", width: 10, text: ({ seen }) => seen?.client ?? "" },
    has: {
      title: "HAS",
      width: 5,
      align: "right",
      text: ({ seen }) => (seen?.have === undefined ? "–" : share(seen.have, pieces)),
    },
    connect: { title: "CONNECT", width: 7, align: "right", text: ({ seen }) => took(seen?.connect) },
    unchoke: { title: "UNCHOKE", width: 7, align: "right", text: ({ seen }) => took(seen?.unchoke) },
    verdict: {
      title: "VERDICT",
      width: 24,
      text: (finding) => verdictOf(finding, pieces),
      paint: ({ state }, style) =>
        state === "passed" || state === "partial" ? style.green : state === "rejected" ? style.dim : style.yellow,
    },
  }) satisfies Record<string, Column<Finding>>

/** They come the best first. */
const sorts: ReadonlyArray<Sort<Finding>> = [
  { by: "VERDICT", order: () => 0 },
  { by: "HAS", order: (a, b) => (b.seen?.have ?? -1) - (a.seen?.have ?? -1) },
  { by: "UNCHOKE", order: (a, b) => compare(millis(a.seen?.unchoke), millis(b.seen?.unchoke)) },
  { by: "CLIENT", order: (a, b) => compare(a.seen?.client ?? "\uffff", b.seen?.client ?? "\uffff") },
  { by: "PEER", order: (a, b) => compare(NetAddress.formatInet(a.peer), NetAddress.formatInet(b.peer)) },
]

const compare = <A extends string | number>(a: A, b: A): number => (a < b ? -1 : a > b ? 1 : 0)

const millis = (duration: Duration.Duration | undefined): number =>
  duration === undefined ? Infinity : Duration.toMillis(duration)

const took = (duration: Duration.Duration | undefined): string =>
  duration === undefined ? "–" : Units.latency(Duration.toMillis(duration))

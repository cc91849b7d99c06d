/** Who is there, and who would really give us the file: the table of a survey. */
import { Duration } from "effect"
import { NetAddress } from "effect/net"
import type { Encryption, Torrent } from "@unchoke/engine"
import { type Finding, share, verdictOf } from "./Finding.ts"
import type { Style } from "./style.ts"
import { supply, type Survey, tally, wanting } from "./Survey.ts"
import { type Column, leftOut, table } from "./table.ts"
import { webSeedTable } from "./webSeedTable.ts"
import { listed } from "./unasked.ts"
import { worthTable } from "./worthTable.ts"
import { fit, safe, widthOf } from "./text.ts"
import * as Units from "./units.ts"

/** The table, and below it the tally and what there is to be had. `width` is the terminal's; without it nothing is cut. */
export const probeTable = (
  survey: Survey,
  { geometry }: Torrent,
  style: Style,
  width?: number,
  policy: Encryption.Policy = "prefer",
): ReadonlyArray<string> => {
  const all = columns(geometry.pieces, survey)
  const lines = table(all, survey.findings, style, width)
  const fits = lines.every((line) => widthOf(line) <= (width ?? Infinity))
  const below = [wanting(survey, policy), supply(survey, geometry.pieces)]
  const webSeeds = webSeedTable(survey.webSeeds, style, width)
  const worth = worthTable(survey.worth, style, width)
  if (survey.size === 0) return webSeeds
  return [
    ...(fits ? lines : stacked(geometry.pieces, survey, style)),
    ...elsewhere(fits ? leftOut(all, survey.findings, width) : ["CONNECT", "HANDSHAKE"], style),
    ...(webSeeds.length === 0 ? [] : ["", ...webSeeds]),
    ...(worth.length === 0 ? [] : ["", ...worth]),
    "",
    `${tally(survey)}.`,
    ...below.filter((line) => line !== ""),
  ]
}

/** Where what is left out is to be seen. */
const elsewhere = (titles: ReadonlyArray<string>, style: Style): ReadonlyArray<string> =>
  titles.length === 0 ? [] : [style.dim(`${listed(titles)}: on a wider terminal, or with --json.`)]

/** Where there is no room for columns: each peer, and what there is to say of it below. */
const stacked = (pieces: number, survey: Survey, style: Style): ReadonlyArray<string> =>
  survey.findings.flatMap((finding) => {
    const { peer, seen } = finding
    const client = safe(seen?.client ?? "")
    const from = fromWhom(survey, finding)
    const facts = [
      ...(from === "" ? [] : [`from ${from}`]),
      ...(client === "" ? [] : [client]),
      ...(seen?.have === undefined ? [] : [`has ${has(seen.have, pieces)}`]),
      ...(seen?.unchoke === undefined ? [] : [`unchoked us after ${took(seen.unchoke)}`]),
    ]
    const paint = colourOf(finding.state, style)
    return [
      NetAddress.formatInet(peer),
      `  ${paint(verdictOf(finding, pieces))}${facts.length === 0 ? "" : ` (${facts.join(", ")})`}`,
    ]
  })

const fromWhom = (survey: Survey, { peer }: Finding): string => survey.from(peer).join(", ")

/** Where there is no room for everything, the verdict is worth more than the times, and the time to unchoke more than the others. */
const columns = (pieces: number, survey: Survey): ReadonlyArray<Column<Finding>> => [
  { title: "PEER", cell: ({ peer }) => NetAddress.formatInet(peer) },
  ...(survey.worth.length === 0
    ? []
    : [
        {
          title: "FROM",
          cell: (finding: Finding) => fromWhom(survey, finding),
          yields: { order: 4, to: "tracker…".length },
        },
      ]),
  { title: "CLIENT", cell: ({ seen }) => fit(safe(seen?.client ?? ""), 32), yields: { order: 1, to: 10 } },
  { title: "HAS", align: "right", cell: ({ seen }) => has(seen?.have, pieces) },
  { title: "CONNECT", align: "right", cell: ({ seen }) => took(seen?.connect), yields: { order: 3, to: 0 } },
  { title: "HANDSHAKE", align: "right", cell: ({ seen }) => took(seen?.handshake), yields: { order: 2, to: 0 } },
  {
    title: "UNCHOKE",
    align: "right",
    cell: ({ seen }) => took(seen?.unchoke),
    ...(survey.worth.length > 0 && { yields: { order: 6, to: 0 } }),
  },
  {
    title: "VERDICT",
    cell: (finding) => verdictOf(finding, pieces),
    yields: { order: 5, to: 24 },
    colour: ({ state }, style) => colourOf(state, style),
  },
]

const has = (have: number | undefined, pieces: number): string => (have === undefined ? "–" : share(have, pieces))

const took = (duration: Duration.Duration | undefined): string =>
  duration === undefined ? "–" : Units.latency(Duration.toMillis(duration))

const colourOf = (state: Finding["state"], style: Style): ((text: string) => string) =>
  state === "passed" || state === "partial" ? style.green : state === "rejected" ? (text) => text : style.yellow

/** The peers of a report: a row for each, with what is known of it and the bars of its probe, and what sorts and filters them. */
import { count } from "../render/text.ts"
import * as Units from "../render/units.ts"
import { phaseInWords, rowHeight, shapeOf, shapesOf, signOf } from "./look.ts"
import { type Markup, markup, none, short } from "./markup.ts"
import { phases, type Report, type Row } from "./Report.ts"
import { rowInWords } from "./rowInWords.ts"
import * as Scale from "./Scale.ts"

/** Of the width of the axis, in per cent: what is left is for the sign. */
const plot = 96

const heads: ReadonlyArray<readonly [title: string, name: string]> = [
  ["Peer", ""],
  ["From", ""],
  ["Client", ""],
  ["Has", "number"],
  ["Time", "time"],
  ["Unchoke", "number"],
  ["Verdict", ""],
]

/** Its rows are `rows`, which may be fewer than those of the report. */
export const peerTable = (
  { sources, took, verdicts }: Report,
  rows: ReadonlyArray<Row>,
): Markup => markup`<section aria-labelledby="peers"><h2 id="peers">Peers</h2>
<form class="controls" hidden role="search" aria-label="Peers"><label>Find <input type="search" id="find" placeholder="address, client, verdict"></label>${choice(
  "verdict",
  "Verdict",
  verdicts.map(({ what }) => what),
)}${
  sources.length < 2
    ? none
    : choice(
        "source",
        "From",
        sources.map(({ from }) => from),
      )
}<output id="shown" aria-live="polite"></output></form>
<p class="legend">${phases.map((phase) => markup`<span><svg width="22" height="${rowHeight}" aria-hidden="true">${shapeOf(phase, 1, 21, 0, "")}</svg> ${phaseInWords[phase]}</span>`)}<span class="faint">time grows to the right by its square root</span></p>
<div class="scroll" tabindex="0" role="region" aria-labelledby="peers"><table class="peers"><caption class="heard">${count(rows.length, "peer")}, when each was reached, and how it ended</caption><thead><tr>${heads.map(
  ([title, name]) => markup`<th scope="col" class="${name}">${title}${title === "Time" ? axis(took) : none}</th>`,
)}</tr></thead><tbody>
${rows.map((row, place) => peer(row, place, took))}</tbody></table></div></section>`

const choice = (id: string, label: string, options: ReadonlyArray<string>): Markup =>
  markup`<label>${label} <select id="${id}"><option value="">all</option>${options.map((option) => markup`<option>${option}</option>`)}</select></label>`

/** Where there is little room, the ticks of less worth are left out. */
const axis = (took: number): Markup =>
  markup`<svg class="axis" height="14" aria-hidden="true">${Scale.ticks(took).map(
    ({ at, isMinor, text }) =>
      markup`<text x="${short(at * plot)}%" y="11" class="${isMinor ? "minor " : ""}${at === 0 ? "first" : "tick"}">${text}</text>`,
  )}</svg>`

/** What is longer is cut where it is shown, and whole where the mouse is. */
const usualClient = 24

/** Its place in the report's own order is its value for the verdict: the best first. */
const peer = (row: Row, place: number, took: number): Markup => {
  const x = (moment: number) => Scale.at(moment, took) * plot
  const whole = row.client.length > usualClient ? markup` title="${row.client}"` : none
  return markup`<tr class="${row.outcome}" data-kind="${row.kind}" data-from="${row.from.join(" ")}"><th scope="row">${row.peer}</th><td>${row.from.join(", ")}</td><td class="client"${whole}>${row.client}</td><td class="number" data-value="${row.have ?? -1}">${row.has === "" ? "–" : row.has}</td><td class="time" data-value="${Math.round(row.end)}"><svg height="${rowHeight}" role="img"><title>${rowInWords(row)}</title>${shapesOf(row.bars, x, 0, "%")}<text x="${short(x(row.end) + 0.6, 2)}%" y="12" class="verdict">${signOf[row.outcome]}</text></svg></td><td class="number" data-value="${row.unchoke ?? Number.MAX_SAFE_INTEGER}">${row.unchoke === undefined ? "–" : Units.latency(row.unchoke)}</td><td class="verdict" data-value="${place}">${row.verdict}</td></tr>
`
}

/** The report of a survey as one HTML file that needs nothing else: readable without scripts, which only sort and filter. */
import { Duration } from "effect"
import * as Units from "../render/units.ts"
import { webSeedVerdict } from "../render/webSeedTable.ts"
import { behaviour } from "./behaviour.ts"
import { availability, distribution } from "./charts.ts"
import { fillOf, palette, patterns, phaseInWords, signOf } from "./look.ts"
import { escaped, short } from "./markup.ts"
import { type Count, phases, type Report, type Row } from "./Report.ts"
import * as Scale from "./Scale.ts"
import { sheet } from "./sheet.ts"
import { rowInWords } from "./svg.ts"

/** How a file begins that `reportHtml` has written. */
export const htmlBegins = "<!doctype html><!-- unchoke report -->"

export const reportHtml = (report: Report): string => {
  const { about, rows, supply, tally, took } = report
  return [
    `${htmlBegins}<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">`,
    `<meta name="color-scheme" content="light dark"><title>${escaped(about.name)}: who would give it to us</title>`,
    `<link rel="icon" href="data:,"><style>${palette}${sheet}</style></head><body>`,
    `<svg width="0" height="0" aria-hidden="true" style="position:absolute"><defs>${patterns}</defs></svg>`,
    `<header><h1>${escaped(about.name)}</h1>`,
    `<p class="faint">${Units.bytes(about.bytes)} in ${about.pieces} pieces · probed in ${Units.span(took)} · <code>${about.infoHash}</code></p>`,
    `<p>${escaped(tally)}</p>${supply === "" ? "" : `<p>${escaped(supply)}</p>`}</header><main>`,
    waterfall(report),
    `<div class="charts">`,
    chart("How many copies there are of each stretch of the torrent", availability(report)),
    chart("How long those who unchoked us took", distribution(rows)),
    tallies("Verdict", report.verdicts),
    tallies("Client", report.clients),
    sources(report),
    webSeeds(report),
    `</div></main><script>${behaviour}</script></body></html>`,
    "",
  ].join("\n")
}

const heads: ReadonlyArray<readonly [title: string, kind: "text" | "number"]> = [
  ["Peer", "text"],
  ["From", "text"],
  ["Client", "text"],
  ["Has", "number"],
  ["Time", "number"],
  ["Unchoke", "number"],
  ["Verdict", "text"],
]

const waterfall = ({ rows, sources: from, took, verdicts }: Report): string =>
  [
    `<section aria-labelledby="peers"><h2 id="peers">Peers</h2>`,
    `<form class="controls" hidden role="search" aria-label="Peers"><label>Find <input type="search" id="find" placeholder="address, client, verdict"></label>`,
    choice(
      "verdict",
      "Verdict",
      verdicts.map(({ what }) => what),
    ),
    from.length < 2
      ? ""
      : choice(
          "source",
          "From",
          from.map((worth) => worth.from),
        ),
    `<output id="shown" aria-live="polite"></output></form>`,
    `<p class="legend">${phases.map((phase) => `<span><svg width="22" height="11" aria-hidden="true"><rect width="22" height="11" fill="${fillOf(phase)}"/></svg> ${phaseInWords[phase]}</span>`).join("")}<span class="faint">time grows to the right by its square root</span></p>`,
    `<div class="scroll" tabindex="0" role="region" aria-labelledby="peers"><table class="peers"><thead><tr>`,
    ...heads.map(
      ([title, kind]) =>
        `<th scope="col" data-kind="${kind}"${title === "Time" ? ' class="time"' : ""}>${title}${title === "Time" ? axis(took) : ""}</th>`,
    ),
    `</tr></thead><tbody>`,
    ...rows.map((row, at) => peer(row, at, took)),
    `</tbody></table></div></section>`,
  ].join("\n")

const choice = (id: string, label: string, options: ReadonlyArray<string>): string =>
  `<label>${label} <select id="${id}"><option value="">all</option>${options.map((option) => `<option>${escaped(option)}</option>`).join("")}</select></label>`

const axis = (took: number): string =>
  `<svg class="axis" height="14" aria-hidden="true">${Scale.ticks(took)
    .map(
      ({ at, text }) => `<text x="${short(at * 96)}%" y="11"${at === 0 ? "" : ' text-anchor="middle"'}>${text}</text>`,
    )
    .join("")}</svg>`

/** Its place in the report's own order is its value for the verdict: the best first. */
const peer = (row: Row, place: number, took: number): string => {
  const { colour, sign } = signOf[row.outcome]
  const x = (moment: number) => Scale.at(moment, took) * 96
  const bars = row.bars
    .map(
      ({ from, phase, to }) =>
        `<rect x="${short(x(from), 2)}%" y="2" width="${short(Math.max(0.15, x(to) - x(from)), 2)}%" height="11" fill="${fillOf(phase)}"/>`,
    )
    .join("")
  return [
    `<tr data-verdict="${escaped(row.kind)}" data-from="${escaped(row.from.join(" "))}"><th scope="row">${escaped(row.peer)}</th>`,
    `<td>${escaped(row.from.join(", "))}</td><td>${escaped(row.client)}</td>`,
    `<td class="number" data-value="${row.have ?? -1}">${row.has === "" ? "–" : row.has}</td>`,
    `<td class="time" data-value="${Math.round(row.end)}"><svg height="15" role="img" aria-label="${escaped(rowInWords(row))}"><title>${escaped(rowInWords(row))}</title>${bars}<text x="${short(x(row.end) + 0.6, 2)}%" y="12" style="fill:var(--${colour})">${sign}</text></svg></td>`,
    `<td class="number" data-value="${row.unchoke ?? Number.MAX_SAFE_INTEGER}">${row.unchoke === undefined ? "–" : Units.latency(row.unchoke)}</td>`,
    `<td data-value="${place}" style="color:var(--${colour})">${escaped(row.verdict)}</td></tr>`,
  ].join("")
}

const chart = (title: string, body: string): string =>
  body === "" ? "" : `<section><h2>${title}</h2>${body}</section>`

const tallies = (title: string, counts: ReadonlyArray<Count>): string => {
  const most = Math.max(1, ...counts.map(({ peers }) => peers))
  const rows = counts.map(
    ({ give, peers, what }) =>
      `<tr><th scope="row">${escaped(what)}</th><td class="number">${peers}</td><td class="number">${give}</td><td class="bar"><svg height="11" aria-hidden="true"><rect width="${short((peers / most) * 100)}%" height="11" fill="var(--connect)"/><rect width="${short((give / most) * 100)}%" height="11" fill="var(--gives)"/></svg></td></tr>`,
  )
  return chart(`By ${title.toLowerCase()}`, rows.length === 0 ? "" : countTable(title, ["Peers", "Give"], rows, true))
}

const sources = ({ sources: worth }: Report): string =>
  chart(
    "By source",
    worth.length === 0
      ? ""
      : countTable(
          "From",
          ["Named", "Exist", "Give"],
          worth.map(
            ({ exist, from, give, peers }) =>
              `<tr><th scope="row">${from}</th><td class="number">${peers}</td><td class="number">${exist}</td><td class="number">${give}</td></tr>`,
          ),
        ),
  )

const webSeeds = ({ webSeeds: seeds }: Report): string =>
  chart(
    "Web seeds",
    seeds.length === 0
      ? ""
      : `<table><thead><tr><th scope="col">Web seed</th><th scope="col">Took</th><th scope="col">Verdict</th></tr></thead><tbody>${seeds
          .map((seed) => {
            const url = seed._tag === "WebSeedPassed" ? seed.url : seed.error.url
            const took = seed._tag === "WebSeedPassed" ? Units.latency(Duration.toMillis(seed.took)) : "–"
            return `<tr><th scope="row">${escaped(url)}</th><td class="number">${took}</td><td>${escaped(webSeedVerdict(seed))}</td></tr>`
          })
          .join("")}</tbody></table>`,
  )

const countTable = (title: string, numbers: ReadonlyArray<string>, rows: ReadonlyArray<string>, bars = false): string =>
  `<table><thead><tr><th scope="col">${title}</th>${numbers.map((number) => `<th scope="col" class="number">${number}</th>`).join("")}${bars ? '<td class="bar"></td>' : ""}</tr></thead><tbody>${rows.join("")}</tbody></table>`

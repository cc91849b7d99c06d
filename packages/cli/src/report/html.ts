/** The report of a survey as one HTML file that needs nothing else: readable without scripts, which only sort and filter. */
import { count } from "../render/text.ts"
import * as Units from "../render/units.ts"
import { behaviour } from "./behaviour.ts"
import { availability, distribution } from "./charts.ts"
import { columnsOf } from "./columns.ts"
import { drawn } from "./drawn.ts"
import { palette } from "./look.ts"
import { markup, ours } from "./markup.ts"
import { peerTable } from "./peerTable.ts"
import { policyOf } from "./policy.ts"
import type { Report } from "./Report.ts"
import { sheet } from "./sheet.ts"
import { chart, sources, tallies, webSeeds } from "./tables.ts"

/** How a file begins that `reportHtml` has written. */
export const htmlBegins = "<!doctype html><!-- unchoke report -->"

/** As many peers as there may be in a survey: a browser sorts them in a second or two. */
const mostRows = 10_000

export const reportHtml = (report: Report): string => {
  const { about, supply, tally, took } = report
  const { notes, rows } = drawn(report, mostRows)
  const style = [palette, sheet, columnsOf(rows)].join("\n")
  const paragraphs = [tally, supply, ...notes].filter((text) => text !== "")
  return markup`${ours(htmlBegins)}<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${ours(policyOf(style, behaviour))}"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>${about.name}: who would give it to us</title>
<link rel="icon" href="data:,"><style>${ours(style)}</style></head><body>
<header><h1>${about.name}</h1>
<p class="faint">${Units.bytes(about.bytes)} in ${count(about.pieces, "piece")} · probed in ${Units.span(took)} · <code>${about.infoHash}</code></p>
${paragraphs.map((text) => markup`<p>${text}</p>`)}</header><main>
${peerTable(report, rows)}
<div class="charts">
${chart("How many copies there are of each stretch of the torrent", availability(report))}
${chart("How long those who unchoked us took", distribution(report.rows))}
${tallies("Verdict", report.verdicts)}
${tallies("Client", report.clients)}
${sources(report)}
${webSeeds(report)}
</div></main><script>${ours(behaviour)}</script></body></html>
`.toString()
}

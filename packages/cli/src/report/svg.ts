/** The waterfall of a survey as one SVG: a row for each peer. */
import { drawn } from "./drawn.ts"
import { type Markup, markup, ours, short } from "./markup.ts"
import { palette, phaseInWords, shapeOf, shapesOf, signOf } from "./look.ts"
import { phases, type Report, type Row } from "./Report.ts"
import { rowInWords } from "./rowInWords.ts"
import * as Scale from "./Scale.ts"
import { count, fit, wrap } from "../render/text.ts"
import * as Units from "../render/units.ts"

const width = 1180
const names = 196
const left = 330
const plot = 500
const top = 78
const step = 18

/** So many fit below each other at the usual width of letters. */
const charactersALine = 180

/** So many rows are drawn: a picture that is higher than 32,767 pixels is more than many programs show. */
const mostRows = 1750

/** How a file begins that `waterfallSvg` has written. */
export const svgBegins = "<svg xmlns="

const sheet = `${palette} text{fill:var(--ink)} .faint{fill:var(--faint)} .ground{fill:var(--ground)} .tick{stroke:var(--line)}`

export const waterfallSvg = (report: Report): string => {
  const { about, supply, tally, took } = report
  const { notes, rows } = drawn(report, mostRows)
  const bottom = top + rows.length * step
  const below = [`${tally} ${supply}`, ...notes].flatMap((text) => wrap(text, charactersALine).split("\n"))
  const height = bottom + 40 + below.length * step
  const size = `${Units.bytes(about.bytes)} in ${count(about.pieces, "piece")} · probed in ${Units.span(took)} · ${about.infoHash}`
  return markup`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12" role="img" aria-labelledby="title">
<title id="title">${`${about.name}: who would give it to us. ${tally}`}</title>
<style>${ours(sheet)}</style>
<rect class="ground" width="${width}" height="${height}"/>
<text x="16" y="26" font-size="16" font-weight="600">${fit(about.name, 90)}</text>
<text x="16" y="46" class="faint">${size}</text>
${Scale.ticks(took).map((tick) => axisAt(tick, bottom))}
${rows.map((row, index) => line(row, top + index * step, took))}
${legend(bottom + 10)}
${below.map((text, index) => markup`<text x="16" y="${bottom + 48 + index * step}">${text}</text>\n`)}</svg>
`.toString()
}

const axisAt = ({ at, text }: Scale.Tick, bottom: number): Markup => {
  const x = short(left + at * plot)
  return markup`<path class="tick" d="M${x} ${top - 8}V${bottom}"/><text x="${x}" y="${top - 12}" text-anchor="middle" class="faint">${text}</text>\n`
}

const line = (row: Row, y: number, took: number): Markup => {
  const x = (moment: number) => left + Scale.at(moment, took) * plot
  return markup`<g class="${row.outcome}"><title>${rowInWords(row)}</title><text x="16" y="${y + 12}" font-family="ui-monospace, monospace" font-size="11">${fit(row.peer, 26)}</text><text x="${names}" y="${y + 12}" class="faint" font-size="11">${fit(row.client, 20)}</text>${shapesOf(row.bars, x, y + 1, "")}<text x="${short(x(row.end) + 4)}" y="${y + 12}" class="verdict">${signOf[row.outcome]}</text><text x="${left + plot + 24}" y="${y + 12}" class="verdict">${fit(row.verdict, 46)}</text></g>\n`
}

const legend = (y: number): ReadonlyArray<Markup> =>
  phases.map((phase, index) => {
    const x = names + index * 170
    return markup`${shapeOf(phase, x, x + 22, y, "")}<text x="${x + 28}" y="${y + 12}">${phaseInWords[phase]}</text>\n`
  })

/** The waterfall of a survey as one SVG: a row for each peer. */
import { escaped, short } from "./markup.ts"
import { fillOf, palette, patterns, phaseInWords, signOf } from "./look.ts"
import { phases, type Report, type Row } from "./Report.ts"
import * as Scale from "./Scale.ts"
import { fit, wrap } from "../render/text.ts"
import * as Units from "../render/units.ts"

const width = 1180
const left = 330
const plot = 500
const top = 78
const step = 18

/** So many fit below each other at the usual width of letters. */
const charactersALine = 180

/** How a file begins that `waterfallSvg` has written. */
export const svgBegins = "<svg xmlns="

export const waterfallSvg = (report: Report): string => {
  const { about, rows, supply, tally, took } = report
  const bottom = top + rows.length * step
  const below = wrap(`${tally} ${supply}`, charactersALine).split("\n")
  const height = bottom + 40 + below.length * step
  return [
    `${svgBegins}"http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12" role="img" aria-labelledby="title">`,
    `<title id="title">${escaped(`${about.name}: who would give it to us. ${tally}`)}</title>`,
    `<style>${palette} text{fill:var(--ink)} .faint{fill:var(--faint)}</style><defs>${patterns}</defs>`,
    `<rect width="${width}" height="${height}" fill="var(--ground)"/>`,
    `<text x="16" y="26" font-size="16" font-weight="600">${escaped(fit(about.name, 90))}</text>`,
    `<text x="16" y="46" class="faint">${escaped(`${Units.bytes(about.bytes)} in ${about.pieces} pieces · probed in ${Units.span(took)} · ${about.infoHash}`)}</text>`,
    ...Scale.ticks(took).map(({ at, text }) => {
      const x = short(left + at * plot)
      return `<path d="M${x} ${top - 8}V${bottom}" stroke="var(--line)"/><text x="${x}" y="${top - 12}" text-anchor="middle" class="faint">${text}</text>`
    }),
    ...rows.map((row, index) => line(row, top + index * step, took)),
    legend(bottom + 22),
    ...below.map((text, index) => `<text x="16" y="${bottom + 48 + index * step}">${escaped(text)}</text>`),
    "</svg>",
    "",
  ].join("\n")
}

const line = (row: Row, y: number, took: number): string => {
  const { colour, sign } = signOf[row.outcome]
  const x = (moment: number) => left + Scale.at(moment, took) * plot
  return [
    `<g><title>${escaped(rowInWords(row))}</title>`,
    `<text x="16" y="${y + 12}" font-family="ui-monospace, monospace" font-size="11">${escaped(fit(row.peer, 26))}</text>`,
    `<text x="196" y="${y + 12}" class="faint" font-size="11">${escaped(fit(row.client, 20))}</text>`,
    ...row.bars.map(
      ({ from, phase, to }) =>
        `<rect x="${short(x(from))}" y="${y + 3}" width="${short(Math.max(1, x(to) - x(from)))}" height="11" fill="${fillOf(phase)}"/>`,
    ),
    `<text x="${short(x(row.end) + 4)}" y="${y + 12}" style="fill:var(--${colour})">${sign}</text>`,
    `<text x="${left + plot + 24}" y="${y + 12}" style="fill:var(--${colour})">${escaped(fit(row.verdict, 46))}</text></g>`,
  ].join("")
}

const legend = (y: number): string =>
  phases
    .map((phase, index) => {
      const x = left + index * 160
      return `<rect x="${x}" y="${y - 10}" width="22" height="11" fill="${fillOf(phase)}"/><text x="${x + 28}" y="${y}">${phaseInWords[phase]}</text>`
    })
    .join("")

/** "1.2.3.4:6881 (Transmission 4.0.6, has 37 %): connecting 6 ms, shaking hands 22 ms; never unchoked us". */
export const rowInWords = ({ bars, client, has, peer, verdict }: Row): string => {
  const facts = [client, has === "" ? "" : `has ${has}`].filter((fact) => fact !== "")
  const times = bars.map(({ from, phase, to }) => `${phaseInWords[phase]} ${Units.latency(to - from)}`)
  return `${peer}${facts.length === 0 ? "" : ` (${facts.join(", ")})`}: ${times.join(", ")}; ${verdict}`
}

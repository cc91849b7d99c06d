/**
 * Results as bars: an SVG for a README.
 *
 * Grey text and a transparent ground, so that it is readable on white and on black. One panel a scenario, the quickest on top; the pale part of a bar is the time before the
 * first request, the thin line goes from the least to the most. A bar that would dwarf the others is cut, and says so.
 */
import type { Results } from "../Results.ts"
import { type Row, rows } from "../Row.ts"
import { seconds, times } from "./units.ts"

/** What a chart says of itself: its title, and what the bars are. */
export interface Words {
  readonly title: string
  readonly explained: ReadonlyArray<string>
}

const lines = "Pale: before its first request. Thin line: from the fastest run to the slowest."

export const downloads: Words = {
  title: "Time to download, side by side",
  explained: [
    "Median time from the start of the process to the last byte on disk. The number behind it: how many times ours.",
    lines,
  ],
}

export const swarms: Words = {
  title: "Whole swarms, side by side",
  explained: [
    "Median time to the last byte: from the start of the process, and where we seed from the first call. The number behind it: how many times ours.",
    lines,
  ],
}

export const links: Words = { ...downloads, title: "Time to download by a link or from a web server, side by side" }

export const chart = (all: ReadonlyArray<Results>, { explained, title }: Words = downloads): string => {
  const panels = all.map((results) => ({
    results,
    bars: rows(results).filter(({ client, wall }) => !client.reference && Number.isFinite(wall.median)),
  }))
  let y = margin
  const drawn = panels.map(({ results, bars }) => {
    const panel = `<g transform="translate(0 ${y})">${drawPanel(results.title, bars)}</g>`
    y += heading + bars.length * pitch + gap
    return panel
  })
  const height = y + footing
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="13" fill="${ink}">`,
    `<title>${escaped(title)}</title>`,
    ...drawn,
    drawKey(explained, y),
    "</svg>",
    "",
  ].join("\n")
}

const width = 760
const margin = 8
const names = 176
const values = 132
const plot = width - names - values
const heading = 30
const pitch = 22
const bar = 14
const gap = 18
const footing = 28

/** Mid grey: 4.5 to 1 against white and against GitHub's black. */
const ink = "#7a828c"
const colours = { ours: "#1f9d6b", others: "#8b98a9" }

/** Bars longer than this many of ours are cut. */
const longest = 8

const drawPanel = (title: string, bars: ReadonlyArray<Row>): string => {
  const ours = bars.find(isOurs)?.wall.median ?? Infinity
  const slowest = Math.max(...bars.map(({ wall }) => wall.median))
  const end = Math.min(slowest, ours * longest)
  return [`<text x="0" y="16" font-weight="600" font-size="14">${escaped(title)}</text>`]
    .concat(bars.map((row, index) => `<g transform="translate(0 ${heading + index * pitch})">${drawBar(row, end)}</g>`))
    .join("\n")
}

const drawBar = (row: Row, end: number): string => {
  const at = (time: number) => Number(((Math.min(time, end) / end) * plot).toFixed(1))
  const { median, least, most } = row.wall
  const colour = isOurs(row) ? colours.ours : colours.others
  const waited = Math.min(row.firstRequest ?? 0, median)
  const cut = median > end
  const middle = bar / 2
  const weight = isOurs(row) ? ` font-weight="600"` : ""
  const whisker = `<path d="M${names + at(least)} ${middle}H${names + at(most)}" stroke="${ink}" stroke-width="1.5"/>`
  const gash = `<path d="M${names + plot - 26} ${bar + 3}l6 -${bar + 6}m5 0l-6 ${bar + 6}" stroke="${ink}" stroke-width="1.5"/>`
  const ratio = row.ratio === undefined || isOurs(row) ? "" : ` · ${times(row.ratio)}`
  return [
    `<text x="${names - 10}" y="${middle + 4.5}" text-anchor="end"${weight}>${escaped(row.client.title)}</text>`,
    `<rect x="${names}" width="${at(waited)}" height="${bar}" fill="${colour}" opacity="0.4"/>`,
    `<rect x="${names + at(waited)}" width="${(at(median) - at(waited)).toFixed(1)}" height="${bar}" fill="${colour}"/>`,
    cut ? gash : whisker,
    `<text x="${names + Math.max(at(median), at(most)) + 8}" y="${middle + 4.5}"${weight}>${seconds(median)}${ratio}</text>`,
  ].join("")
}

const drawKey = (key: ReadonlyArray<string>, y: number): string =>
  key.map((line, index) => `<text y="${y + 6 + index * 16}" font-size="12">${line}</text>`).join("")

const isOurs = ({ client }: Row) => client.name === "unchoke"

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

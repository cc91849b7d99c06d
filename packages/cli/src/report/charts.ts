/** Small charts of a report. Each has its numbers in words for who can't see it. */
import * as Units from "../render/units.ts"
import { count, grouped } from "../render/text.ts"
import { type Markup, markup, none, short } from "./markup.ts"
import type { Report, Row } from "./Report.ts"

/** A column for each stretch of the torrent, as high as it has copies; nothing where nobody was reached. */
export const availability = ({ about, stretches }: Report): Markup => {
  if (stretches.length === 0) return none
  const most = Math.max(1, ...stretches)
  const width = 100 / stretches.length
  const columns = stretches.map((copies, at) => {
    const height = copies === 0 ? 3 : (copies / most) * 60
    return markup`<rect class="${copies === 0 ? "lacking" : "there"}" x="${short(at * width, 3)}%" y="${short(64 - height)}" width="${short(width * 1.02, 3)}%" height="${short(height)}"/>`
  })
  const lacking = stretches.filter((copies) => copies === 0).length
  const fewest = Math.min(...stretches)
  const range = fewest === most ? count(most, "copy", "copies") : `${grouped(fewest)} to ${grouped(most)} copies`
  const words = `${range}${lacking === 0 ? "" : `; nobody has all of ${lacking} of ${stretches.length} stretches`}`
  return figure(words, `From piece 0 to ${grouped(about.pieces - 1)}: ${words}.`, 64, columns)
}

/** Where the columns of the distribution begin, in milliseconds: each is twice as long as the one before it. */
const edges = [0, 16, 31, 63, 125, 250, 500, 1000, 2000, 4000, 8000, 16_000, 32_000, 64_000]

/** How many peers unchoked us within which time; nothing where none did. */
export const distribution = (rows: ReadonlyArray<Row>): Markup => {
  const times = rows.flatMap(({ unchoke }) => (unchoke === undefined ? [] : [unchoke])).toSorted((a, b) => a - b)
  if (times.length === 0) return none
  const columns = edges.map(
    (edge, at) => times.filter((time) => time >= edge && time < (edges[at + 1] ?? Infinity)).length,
  )
  const most = Math.max(...columns)
  const width = 100 / edges.length
  const bars = columns.map((amount, at) => {
    const height = (amount / most) * 56
    return [
      markup`<rect class="column" x="${short(at * width + 0.4, 2)}%" y="${short(70 - height)}" width="${short(width - 0.8, 2)}%" height="${short(height)}"/>`,
      amount === 0
        ? none
        : markup`<text x="${short((at + 0.5) * width, 2)}%" y="${short(66 - height)}" text-anchor="middle">${grouped(amount)}</text>`,
      at % 2 === 0
        ? markup`<text x="${short(at * width, 2)}%" y="84" class="faint${at % 4 === 0 ? "" : " minor"}">${at === 0 ? "0" : Units.latency(edges[at]!)}</text>`
        : none,
    ]
  })
  const middle = times[times.length >> 1]!
  const words = `half of ${grouped(times.length)} within ${Units.latency(middle)}, the last after ${Units.latency(times.at(-1)!)}`
  return figure(words, `${words[0]!.toUpperCase()}${words.slice(1)}.`, 88, bars.flat())
}

const figure = (words: string, caption: string, height: number, drawing: ReadonlyArray<Markup>): Markup =>
  markup`<figure><svg class="wide" height="${height}" shape-rendering="crispEdges" role="img" aria-label="${words}">${drawing}</svg><figcaption class="faint">${caption}</figcaption></figure>`

/** Small charts of a report. Each has its numbers in words for who can't see it. */
import * as Units from "../render/units.ts"
import { count } from "../render/text.ts"
import { escaped, short } from "./markup.ts"
import type { Report, Row } from "./Report.ts"

/** A column for each stretch of the torrent, as high as it has copies; empty where nobody was reached. */
export const availability = ({ about, stretches }: Report): string => {
  if (stretches.length === 0) return ""
  const most = Math.max(1, ...stretches)
  const width = 100 / stretches.length
  const columns = stretches.map((copies, at) => {
    const height = copies === 0 ? 3 : (copies / most) * 60
    return `<rect x="${short(at * width, 3)}%" y="${short(64 - height)}" width="${short(width * 1.02, 3)}%" height="${short(height)}" fill="var(--${copies === 0 ? "refuses" : "gives"})"/>`
  })
  const none = stretches.filter((copies) => copies === 0).length
  const fewest = Math.min(...stretches)
  const range = fewest === most ? count(most, "copy", "copies") : `${fewest} to ${most} copies`
  const words = `${range}${none === 0 ? "" : `; nobody has all of ${none} of ${stretches.length} stretches`}`
  return `<figure><svg class="wide" height="64" shape-rendering="crispEdges" role="img" aria-label="${escaped(words)}">${columns.join("")}</svg><figcaption class="faint">From piece 0 to ${about.pieces - 1}: ${words}.</figcaption></figure>`
}

/** Where the columns of the distribution begin, in milliseconds: each is twice as long as the one before it. */
const edges = [0, 16, 31, 63, 125, 250, 500, 1000, 2000, 4000, 8000, 16_000, 32_000, 64_000]

/** How many peers unchoked us within which time; empty where none did. */
export const distribution = (rows: ReadonlyArray<Row>): string => {
  const times = rows.flatMap(({ unchoke }) => (unchoke === undefined ? [] : [unchoke])).toSorted((a, b) => a - b)
  if (times.length === 0) return ""
  const columns = edges.map(
    (edge, at) => times.filter((time) => time >= edge && time < (edges[at + 1] ?? Infinity)).length,
  )
  const most = Math.max(...columns)
  const width = 100 / edges.length
  const bars = columns.map((amount, at) => {
    const height = (amount / most) * 56
    return [
      `<rect x="${short(at * width + 0.4, 2)}%" y="${short(70 - height)}" width="${short(width - 0.8, 2)}%" height="${short(height)}" fill="var(--unchoke)"/>`,
      amount === 0
        ? ""
        : `<text x="${short((at + 0.5) * width, 2)}%" y="${short(66 - height)}" text-anchor="middle">${amount}</text>`,
      at % 2 === 0
        ? `<text x="${short(at * width, 2)}%" y="84" class="faint">${at === 0 ? "0" : Units.latency(edges[at]!)}</text>`
        : "",
    ].join("")
  })
  const middle = times[times.length >> 1]!
  const words = `half of ${times.length} within ${Units.latency(middle)}, the last after ${Units.latency(times.at(-1)!)}`
  return `<figure><svg class="wide" height="88" role="img" aria-label="${escaped(words)}">${bars.join("")}</svg><figcaption class="faint">${words[0]!.toUpperCase()}${words.slice(1)}.</figcaption></figure>`
}

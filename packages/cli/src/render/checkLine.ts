/** How far the look at the disk is, in one line. */
import { withBarBeside } from "./bar.ts"
import { left, right } from "./cells.ts"
import { plain, type Style } from "./style.ts"
import { count, grouped } from "./text.ts"
import * as Units from "./units.ts"

export interface Looking {
  readonly pieces: number
  readonly checked: number
  /** When it had come how far, in milliseconds. */
  readonly since: { readonly at: number; readonly checked: number } | undefined
}

/** For a terminal of so many columns, or for a log. Where there is little room the bar goes first, then the time that is left, then words. */
export const checkLine = (self: Looking, now: number, columns?: number, style: Style = plain): string => {
  const { checked, pieces } = self
  const share = Units.percent(checked, pieces)
  const of = `${grouped(checked)} of ${grouped(pieces)}`
  const ofPieces = `${grouped(checked)} of ${count(pieces, "piece")}`
  const end = timeLeft(self, now)
  if (columns === undefined)
    return `Checking what is there: ${[ofPieces, share, end].filter((text) => text !== "").join(", ")}`
  const name = left("Checking", 8)
  const most = 2 * grouped(pieces).length + " of ".length
  const [numbers, numbersOfPieces] = [
    right(of, most),
    right(ofPieces, most + count(pieces, "piece").length - grouped(pieces).length),
  ]
  const [part, time] = [right(share, 6), right(end, 15)]
  const layouts = [[name, part, numbersOfPieces, time], [name, part, numbers], [part, numbers], [part]]
  return withBarBeside(layouts, checked / Math.max(1, pieces), columns, style)
}

/** A rate of less than a second says nothing. */
const leastSpan = 1000

const timeLeft = ({ checked, pieces, since }: Looking, now: number): string => {
  if (since === undefined || checked <= since.checked || now - since.at < leastSpan) return ""
  return `${Units.foreseen(((pieces - checked) * (now - since.at)) / (checked - since.checked))} left`
}

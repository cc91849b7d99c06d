/** Text on a terminal: made harmless, measured in cells, cut and padded. */
import { CliOutput } from "effect/cli"

/**
 * Text that came from a torrent, a peer or a tracker, made harmless: control characters could rewrite the screen, and bidirectional marks what is read there.
 * Each becomes a visible mark.
 */
export const safe = (text: string): string =>
  // oxlint-disable-next-line no-control-regex
  text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]/g, "\ufffd")

/** In terminal cells; colours take none. Plain ASCII, which nearly everything is, needs no table of ICU. */
export const widthOf = (text: string): number => (/^[ -~]*$/.test(text) ? text.length : CliOutput.displayWidth(text))

/** Cuts plain text to so many cells; what is lost shows as "…". */
export const fit = (text: string, columns: number): string => {
  if (widthOf(text) <= columns) return text
  let kept = ""
  let room = columns - 1
  for (const character of text) {
    room -= widthOf(character)
    if (room < 0) break
    kept += character
  }
  return columns > 0 ? `${kept}…` : ""
}

/** Breaks lines at their spaces so that each takes so many cells; what follows a break begins with the indent. */
export const wrap = (text: string, columns: number, indent = ""): string =>
  text
    .split("\n")
    .flatMap((line) => wrapped(line, columns, indent))
    .join("\n")

const wrapped = (line: string, columns: number, indent: string): ReadonlyArray<string> => {
  const lines: Array<string> = []
  for (const word of line.split(" ")) {
    const last = lines.at(-1)
    if (last !== undefined && widthOf(last) + 1 + widthOf(word) <= columns) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(last === undefined ? word : indent + word)
  }
  return lines
}

export const padEnd = (text: string, columns: number): string => text + " ".repeat(Math.max(0, columns - widthOf(text)))

export const padStart = (text: string, columns: number): string =>
  " ".repeat(Math.max(0, columns - widthOf(text))) + text

/** "1 peer", "2 peers". */
export const count = (amount: number, noun: string, nouns = `${noun}s`): string =>
  `${grouped(amount)} ${amount === 1 ? noun : nouns}`

/** "9,600". */
export const grouped = (amount: number): string => String(amount).replace(/\B(?=(\d{3})+$)/g, ",")

/** Text on a terminal: made harmless, measured in cells, cut and padded. */
import { CliOutput } from "effect/cli"

/**
 * Text that came from a torrent, a peer or a tracker, made harmless: control characters could rewrite the screen, and bidirectional marks what is read there; halves of surrogate pairs and U+FFFE and
 * U+FFFF are no text, and in XML an error. Each becomes a visible mark.
 */
export const safe = (text: string): string => text.replace(harmful, "\ufffd")

const harmful =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]/gu

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
  if (columns <= 0) return ""
  // Some characters are wider together than one by one.
  return widthOf(kept) < columns ? `${kept}…` : fit(kept, columns - 1)
}

/** The same of a sentence: it ends behind a word, and not behind a number of something, unless there is room for none. */
export const fitWords = (text: string, columns: number): string => {
  const cut = fit(text, columns)
  if (cut === text) return text
  const kept = cut.slice(0, -1)
  const end = text[kept.length] === " " ? kept.length : kept.lastIndexOf(" ")
  return end <= 0 ? cut : `${kept.slice(0, end).replace(/([\s,;:(–]+[\d,.]*\d)?[\s,;:(–]*$/, "")}…`
}

/**
 * Breaks lines at their spaces so that each takes so many cells. What follows a break begins with the indent, or, where the line has columns of its own
 * ("  --peer ip:port    A peer to try"), under the last of them; where there is no room for that, below. A word that is too long stays whole.
 */
export const wrap = (text: string, columns: number, indent = ""): string =>
  text
    .split("\n")
    .flatMap((line) => wrapped(line, columns, indent))
    .join("\n")

const wrapped = (line: string, columns: number, indent: string): ReadonlyArray<string> => {
  if (widthOf(line) <= columns) return [line]
  const lead = /^ */.exec(line)![0]
  const [head] = /^ *\S.*\S {2,}(?=\S)/.exec(line) ?? []
  if (head === undefined) return filled(line.slice(lead.length), columns, lead, lead + indent)
  const rest = line.slice(head.length)
  const under = widthOf(head)
  if (under <= columns / 2) return filled(rest, columns, head, " ".repeat(under))
  const below = `${lead}    `
  return [...wrapped(head.trimEnd(), columns, "    "), ...filled(rest, columns, below, below)]
}

/** A blank, but not the one between a number and its unit. */
const betweenWords = /(?<!\d) | (?!(?:%|(?:[KMGTP]i)?B(?:\/s)?|ms|s|min|h)(?!\w))/

/** Before a long word there are so many blanks or none: several stand below each other. */
const longWordIndent = 4

/** Words in lines: before the first of them stands `first`, before the others the blanks of `next`, fewer of them before a word that has no room behind those. */
const filled = (words: string, columns: number, first: string, next: string): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let line = first
  let empty = true
  for (const word of words.split(betweenWords)) {
    const fits = widthOf(line) + (empty ? 0 : 1) + widthOf(word) <= columns
    if (!fits && line.trim() !== "") {
      lines.push(line.trimEnd())
      line = next
      empty = true
    }
    const room = columns - widthOf(word)
    if (!fits && line.length > room) line = line.slice(0, room < longWordIndent ? 0 : longWordIndent)
    line += empty ? word : ` ${word}`
    empty = false
  }
  return [...lines, line]
}

export const padEnd = (text: string, columns: number): string => text + " ".repeat(Math.max(0, columns - widthOf(text)))

export const padStart = (text: string, columns: number): string =>
  " ".repeat(Math.max(0, columns - widthOf(text))) + text

/** "1 peer", "2 peers". */
export const count = (amount: number, noun: string, nouns = `${noun}s`): string =>
  `${grouped(amount)} ${amount === 1 ? noun : nouns}`

/** "9,600". */
export const grouped = (amount: number): string => String(amount).replace(/\B(?=(\d{3})+$)/g, ",")

/** So many pieces are named; more are counted. */
const mostPieces = 5

/** "2 of 40 pieces (7, 8) are", "12 of 40 pieces (1, 2, 3, 5, 8, …) are": how many, and the first of them as far as they are known. */
export const somePieces = (amount: number, all: number, first: ReadonlyArray<number>): string => {
  const named = first.slice(0, mostPieces)
  const list = [...named.map(grouped), ...(named.length < amount ? ["…"] : [])].join(", ")
  return `${grouped(amount)} of ${count(all, "piece")}${named.length === 0 ? "" : ` (${list})`} ${amount === 1 ? "is" : "are"}`
}

/** A path as one would type it to a shell. */
export const quoted = (path: string): string => {
  const clean = safe(path)
  return /^[\w./:@%+=,-]+$/.test(clean) ? clean : `'${clean.replaceAll("'", `'\\''`)}'`
}

/** What is said of a torrent, with its name where that is not in it. */
export const named = (text: string, name: string): string =>
  text.includes(safe(name)) ? text : `${safe(name)}: ${text}`

/** A text as a sentence: begun with a capital, unless it goes on with another, and ended. */
export const sentence = (text: string, capital = true): string => {
  const clean = safe(text)
  const begun = capital ? clean.charAt(0).toUpperCase() + clean.slice(1) : clean
  return /[.?!]$/.test(begun) ? begun : `${begun}.`
}

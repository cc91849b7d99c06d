/** How reports look: colours for paper and for the dark, and for each phase a shape of its own, so that no colour needs to be seen. (Patterns would do too, but it takes minutes to print a thousand rows of them.) */
import { type Markup, markup, short } from "./markup.ts"
import type { Bar, Outcome, Phase } from "./Report.ts"

/** By name, for light and dark grounds. Text on its ground has a contrast of 4.5 and more. */
const colours = {
  ground: ["#ffffff", "#15181c"],
  ink: ["#1c2127", "#e3e7ec"],
  faint: ["#5a636e", "#9aa4af"],
  line: ["#d5dae0", "#343b44"],
  connect: ["#6b7783", "#98a4b0"],
  handshake: ["#2f6fb7", "#6ea8e6"],
  pieces: ["#8a5cb8", "#b893e0"],
  unchoke: ["#c07a1a", "#e0a856"],
  gives: ["#157f4f", "#4cc38a"],
  part: ["#4d7c0f", "#a3c95c"],
  refuses: ["#b3372f", "#f08a82"],
} as const

const variables = (which: 0 | 1): string =>
  Object.entries(colours)
    .map(([name, pair]) => `--${name}:${pair[which]}`)
    .join(";")

/** The variables, by what the reader's system prefers (paper is light), and how bars and verdicts look. */
export const palette = [
  `:root{${variables(0)}}@media screen and (prefers-color-scheme:dark){:root{${variables(1)}}}`,
  ".connect{fill:var(--connect)}.seat{stroke:var(--faint);stroke-width:2;stroke-dasharray:1 3}",
  ".handshake{fill:var(--handshake)}.pieces{fill:none;stroke:var(--pieces);stroke-width:1.6}",
  ".unchoke{stroke:var(--unchoke);stroke-width:8;stroke-dasharray:3 1.5}",
  ".all .verdict{color:var(--gives);fill:var(--gives)}.part .verdict{color:var(--part);fill:var(--part)}",
  ".nothing .verdict{color:var(--refuses);fill:var(--refuses)}.open .verdict{color:var(--faint);fill:var(--faint)}",
].join("\n")

/** How high a bar's row is in which `shapeOf` draws. */
export const rowHeight = 15

/** A bar from one place to another, each in `unit`, in a row that begins at `y`: a thin line, dots, a full bar, an empty one, dashes. */
export const shapeOf = (phase: Phase, from: number, to: number, y: number, unit: "%" | ""): Markup => {
  const least = unit === "%" ? 0.15 : 1
  const x = short(from, 2)
  const end = short(Math.max(from + least, to), 2)
  const width = short(end - x, 2)
  switch (phase) {
    case "connect":
      return markup`<rect class="connect" x="${x}${unit}" y="${y + 6}" width="${width}${unit}" height="3"/>`
    case "handshake":
      return markup`<rect class="handshake" x="${x}${unit}" y="${y + 2}" width="${width}${unit}" height="11"/>`
    case "pieces":
      return markup`<rect class="pieces" x="${x}${unit}" y="${y + 3}" width="${width}${unit}" height="9"/>`
    case "seat":
    case "unchoke":
      return markup`<line class="${phase}" x1="${x}${unit}" y1="${y + 7.5}" x2="${end}${unit}" y2="${y + 7.5}"/>`
  }
}

/** The bars of a row. `place` is where a moment lies. */
export const shapesOf = (bars: ReadonlyArray<Bar>, place: (moment: number) => number, y: number, unit: "%" | "") =>
  bars.map(({ from, phase, to }) => shapeOf(phase, place(from), place(to), y, unit))

export const phaseInWords: Readonly<Record<Phase, string>> = {
  connect: "connecting",
  seat: "waiting for us",
  handshake: "shaking hands",
  pieces: "learning what it has",
  unchoke: "waiting to be unchoked",
}

/** How a probe ended, for who sees no colour. */
export const signOf: Readonly<Record<Outcome, string>> = { all: "✓", part: "◐", nothing: "✕", open: "…" }

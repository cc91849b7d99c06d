/** How reports look: colours for paper and for the dark, and a pattern for each phase, so that no colour needs to be seen. */
import type { Outcome, Phase } from "./Report.ts"

/** By name, for light and dark grounds. Text on its ground has a contrast of 4.5 and more. */
const colours = {
  ground: ["#ffffff", "#15181c"],
  ink: ["#1c2127", "#e3e7ec"],
  faint: ["#5a636e", "#9aa4af"],
  line: ["#d5dae0", "#343b44"],
  connect: ["#7c8894", "#8b97a3"],
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

/** The variables, by what the reader's system prefers; paper is light. */
export const palette = `:root{${variables(0)}}@media screen and (prefers-color-scheme:dark){:root{${variables(1)}}}`

/** The patterns that `fillOf` names: once in a document. */
export const patterns = [
  pattern("connect", '<path d="M0 6L6 0" stroke="var(--ground)" stroke-width="1.5"/>'),
  pattern("handshake", ""),
  pattern("pieces", '<circle cx="3" cy="3" r="1.2" fill="var(--ground)"/>'),
  pattern("unchoke", '<path d="M0 3H6" stroke="var(--ground)" stroke-width="1.5"/>'),
].join("")

function pattern(phase: Phase, marks: string): string {
  return `<pattern id="${phase}" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" fill="var(--${phase})"/>${marks}</pattern>`
}

export const fillOf = (phase: Phase): string => `url(#${phase})`

export const phaseInWords: Readonly<Record<Phase, string>> = {
  connect: "connecting",
  handshake: "shaking hands",
  pieces: "learning what it has",
  unchoke: "waiting to be unchoked",
}

/** A sign and a colour for how a probe ended. */
export const signOf: Readonly<Record<Outcome, { readonly sign: string; readonly colour: string }>> = {
  all: { sign: "✓", colour: "gives" },
  part: { sign: "◐", colour: "part" },
  nothing: { sign: "✕", colour: "refuses" },
  open: { sign: "…", colour: "faint" },
}

/** Simulated swarms as an SVG: when how many were done, in multiples of what theory allows. Grey text on a transparent ground, like the other chart. */

export interface Course {
  readonly title: string
  /** In seconds. */
  readonly bound: number
  /** When each was done, ascending. */
  readonly done: ReadonlyArray<number>
}

const width = 760
const height = 170
const left = 40
const plot = 560
const rise = 110
const ink = "#7a828c"
const colour = "#1f9d6b"

/** The right end of the plot, in multiples of the bound. */
const end = 1.75

export const courses = (all: ReadonlyArray<Course>): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${all.length * height + 24}" viewBox="0 0 ${width} ${all.length * height + 24}" font-family="system-ui, sans-serif" font-size="13" fill="${ink}">`,
    `<title>Whole swarms against the fluid bound</title>`,
    ...all.map((course, index) => `<g transform="translate(0 ${index * height})">${panel(course)}</g>`),
    `<text y="${all.length * height + 12}" font-size="12">Share of the leechers that are done, by time in multiples of the fluid bound: nobody can be done before 1.</text>`,
    "</svg>",
    "",
  ].join("\n")

const at = (multiple: number): string => (left + (Math.min(multiple, end) / end) * plot).toFixed(1)

const panel = ({ bound, done, title }: Course): string => {
  const level = (share: number) => (30 + rise * (1 - share)).toFixed(1)
  const steps = done.map((time, index) => `H${at(time / bound)}V${level((index + 1) / done.length)}`).join("")
  const mark = (multiple: number, name: string) =>
    `<path d="M${at(multiple)} 30v${rise}" stroke="${ink}" stroke-dasharray="2 3"/><text x="${at(multiple)}" y="${rise + 46}" text-anchor="middle" font-size="12">${name}</text>`
  return [
    `<text x="0" y="16" font-weight="600" font-size="14">${title}</text>`,
    mark(1, "bound"),
    mark(1.25, "1.25"),
    mark(1.5, "1.5"),
    `<path d="M${left} ${level(0)}${steps}H${left + plot}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    `<text x="${left + plot + 8}" y="${Number(level(1)) + 4.5}">median ${(done[done.length >> 1]! / bound).toFixed(2)} ×</text>`,
  ].join("")
}

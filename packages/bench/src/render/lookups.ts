/** Lookups in simulated DHTs as an SVG: the share that had found the peer by so many seconds, and the share that needed no more than so many packets. */

export interface Looks {
  readonly title: string
  readonly looked: ReadonlyArray<{ readonly foundAfter: number; readonly packets: number }>
}

const width = 760
const height = 170
const plot = 320
const rise = 110
const gap = 400
const ink = "#7a828c"
const colour = "#1f9d6b"

/** The right ends of the plots. */
const seconds = 20
const packets = 60

export const lookups = (all: ReadonlyArray<Looks>): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${all.length * height + 24}" viewBox="0 0 ${width} ${all.length * height + 24}" font-family="system-ui, sans-serif" font-size="13" fill="${ink}">`,
    `<title>Lookups in simulated DHTs</title>`,
    ...all.map((looks, index) => `<g transform="translate(0 ${index * height})">${row(looks)}</g>`),
    `<text y="${all.length * height + 12}" font-size="12">Share of the lookups that had found the peer after so many seconds (left), and that were over within so many packets (right).</text>`,
    "</svg>",
    "",
  ].join("\n")

const row = ({ looked, title }: Looks): string =>
  [
    `<text x="0" y="16" font-weight="600" font-size="14">${title}</text>`,
    panel(
      0,
      seconds,
      looked.map(({ foundAfter }) => foundAfter / 1000),
      [1, 5, 10, 20],
      "s",
    ),
    panel(
      gap,
      packets,
      looked.map(({ packets }) => packets),
      [15, 30, 45, 60],
      "",
    ),
  ].join("")

const panel = (
  left: number,
  end: number,
  values: ReadonlyArray<number>,
  marks: ReadonlyArray<number>,
  unit: string,
): string => {
  const sorted = values.filter(Number.isFinite).toSorted((a, b) => a - b)
  const at = (value: number) => (left + (Math.min(value, end) / end) * plot).toFixed(1)
  const level = (index: number) => (30 + rise * (1 - index / values.length)).toFixed(1)
  const steps = sorted.map((value, index) => `H${at(value)}V${level(index + 1)}`).join("")
  const mark = (value: number) =>
    `<path d="M${at(value)} 30v${rise}" stroke="${ink}" stroke-dasharray="2 3"/><text x="${at(value)}" y="${rise + 46}" text-anchor="middle" font-size="12">${value} ${unit}</text>`
  return [
    ...marks.map(mark),
    `<path d="M${left} ${level(0)}${steps}H${left + plot}" fill="none" stroke="${colour}" stroke-width="2"/>`,
  ].join("")
}

/** The columns of every table of results, whether for a terminal or for a page. */
import type { Row } from "../Row.ts"
import { mebibytes, seconds, times } from "./units.ts"

export const head = [
  "client",
  "median",
  "least – most",
  "unchoke = 1",
  "first request",
  "copies sent",
  "CPU-s",
  "RSS MiB",
  "of it anonymous",
  "runs",
] as const

export const cells = (row: Row): ReadonlyArray<string> => [
  row.client.reference ? `(${row.client.title})` : row.client.title,
  seconds(row.wall.median),
  `${seconds(row.wall.least)} – ${seconds(row.wall.most)}`,
  row.ratio === undefined ? "" : times(row.ratio),
  row.firstRequest === undefined ? "" : seconds(row.firstRequest),
  row.copies === undefined ? "" : row.copies.toFixed(2),
  row.cpu.toFixed(2),
  mebibytes(row.peak),
  mebibytes(row.anonymous),
  runs(row),
]

/** "5", or "3 of 5 (2 timeout)". */
const runs = ({ complete, faults, runs }: Row): string => {
  if (complete === runs) return String(runs)
  const counts = new Map<string, number>()
  for (const fault of faults) counts.set(fault, (counts.get(fault) ?? 0) + 1)
  return `${complete} of ${runs} (${[...counts].map(([fault, count]) => `${count} ${fault}`).join(", ")})`
}

/** What each web seed answered to a small question: a table below that of the peers. */
import { Duration } from "effect"
import { webProblemInWords } from "@unchoke/engine"
import type { Style } from "./style.ts"
import { isWilling, type WebSeedFinding } from "./Survey.ts"
import { type Column, table } from "./table.ts"
import { safe } from "./text.ts"
import * as Units from "./units.ts"

/** The table as lines; none without web seeds. `width` is the terminal's; without it nothing is cut. */
export const webSeedTable = (
  findings: ReadonlyArray<WebSeedFinding>,
  style: Style,
  width?: number,
): ReadonlyArray<string> => (findings.length === 0 ? [] : table(columns, findings, style, width))

const columns: ReadonlyArray<Column<WebSeedFinding>> = [
  { title: "WEB SEED", cell: (finding) => safe(urlOf(finding)), yields: { order: 1, to: 20 } },
  {
    title: "ANSWER",
    align: "right",
    cell: (finding) => (finding._tag === "WebSeedPassed" ? Units.latency(Duration.toMillis(finding.took)) : "–"),
    yields: { order: 2, to: 0 },
  },
  {
    title: "VERDICT",
    cell: verdictOf,
    colour: (finding, style) => (isWilling(finding) ? style.green : (text) => text),
    yields: { order: 3, to: 24 },
  },
]

function verdictOf(finding: WebSeedFinding): string {
  if (finding._tag === "WebSeedRejected") return safe(webProblemInWords(finding.error.reason))
  return finding.ranges ? "would give us the file" : "would give us the file, from its beginning only"
}

const urlOf = (finding: WebSeedFinding): string => (finding._tag === "WebSeedPassed" ? finding.url : finding.error.url)

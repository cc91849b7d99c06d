/** What each web seed answered to a small question: a table below that of the peers. */
import { Duration } from "effect"
import { webProblemInWords } from "@unchoke/engine"
import type { Style } from "./style.ts"
import { isWilling, type WebSeedFinding } from "./Survey.ts"
import { type Column, table } from "./table.ts"
import { fit, safe, widthOf, wrap } from "./text.ts"
import * as Units from "./units.ts"

/** The table as lines; none without web seeds. `width` is the terminal's: where it has no room for all of it, there are no columns. */
export const webSeedTable = (
  findings: ReadonlyArray<WebSeedFinding>,
  style: Style,
  width: number = Infinity,
): ReadonlyArray<string> => {
  if (findings.length === 0) return []
  const lines = table(columns, findings, style)
  return lines.every((line) => widthOf(line) <= width) ? lines : stacked(findings, style, width)
}

const columns: ReadonlyArray<Column<WebSeedFinding>> = [
  { title: "WEB SEED", cell: (finding) => safe(urlOf(finding)) },
  { title: "ANSWER", align: "right", cell: (finding) => tookOf(finding) ?? "–" },
  { title: "VERDICT", cell: webSeedVerdict, colour: colourOf },
]

/** Each web seed, and what there is to say of it below. */
const stacked = (findings: ReadonlyArray<WebSeedFinding>, style: Style, width: number): ReadonlyArray<string> => [
  style.dim("WEB SEED"),
  ...findings.flatMap((finding) => {
    const took = tookOf(finding)
    const verdict = wrap(`  ${webSeedVerdict(finding)}${took === undefined ? "" : ` (${took})`}`, width)
    return [fitUrl(safe(urlOf(finding)), width), ...verdict.split("\n").map(colourOf(finding, style))]
  }),
]

/** An URL without as many folders as there is no room for: its host and its end tell it from others. */
const fitUrl = (url: string, width: number): string => {
  if (widthOf(url) <= width) return url
  const [, origin = "", path = ""] = /^([a-z]+:\/\/[^/]*\/)(.*)$/i.exec(url) ?? []
  const names = path.split("/")
  for (let from = 1; from < names.length; from++) {
    const shorter = `${origin}…/${names.slice(from).join("/")}`
    if (widthOf(shorter) <= width) return shorter
  }
  return fit(url, width)
}

function colourOf(finding: WebSeedFinding, style: Style): (text: string) => string {
  return isWilling(finding) ? style.green : (text) => text
}

function tookOf(finding: WebSeedFinding): string | undefined {
  return finding._tag === "WebSeedPassed" ? Units.latency(Duration.toMillis(finding.took)) : undefined
}

/** "would give us the file", or what it answered. */
export function webSeedVerdict(finding: WebSeedFinding): string {
  if (finding._tag === "WebSeedRejected") return safe(webProblemInWords(finding.error.reason))
  return finding.ranges ? "would give us the file" : "would give us the file, from its beginning only"
}

const urlOf = (finding: WebSeedFinding): string => (finding._tag === "WebSeedPassed" ? finding.url : finding.error.url)

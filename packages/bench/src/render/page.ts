/** All results as one page of Markdown. */
import type { Results } from "../Results.ts"
import { rows } from "../Row.ts"
import type { Verdict } from "../Target.ts"
import { cells, head } from "./cells.ts"

export const page = (
  all: ReadonlyArray<{ readonly results: Results; readonly verdicts: ReadonlyArray<Verdict> }>,
  across: ReadonlyArray<Verdict>,
): string => {
  const sections = all.map(({ results, verdicts }) => section(results, verdicts))
  return [
    "# Results",
    "",
    "Made by `npm run bench`; what the columns mean and how each client was run is in the README of this package. Times are medians from the start of the process to the last byte on disk.",
    "",
    ...sections,
    ...(across.length === 0 ? [] : ["## Across the scenarios", "", ...across.map(item), ""]),
    ...settings(all.map(({ results }) => results)),
  ].join("\n")
}

const section = (results: Results, verdicts: ReadonlyArray<Verdict>) => {
  const { machine } = results
  const where = `${results.at.slice(0, 10)}, ${machine.processor}, ${machine.cores} cores, ${machine.system}, Node ${machine.node}, ${machine.network}`
  return [
    `## ${results.title}`,
    "",
    `| ${head.join(" | ")} |`,
    `|---|${"---:|".repeat(head.length - 1)}`,
    ...rows(results).map((row) => `| ${cells(row).join(" | ")} |`),
    "",
    ...verdicts.map(item),
    ...(verdicts.length === 0 ? [] : [""]),
    `\`npm run bench -- --only ${results.scenario}\` · ${where}`,
    "",
  ].join("\n")
}

const item = ({ met, text }: Verdict) => `- ${met ? "✓" : "✗"} ${text}`

const settings = (all: ReadonlyArray<Results>) => {
  const contenders = new Map(all.flatMap(({ contenders }) => contenders.map((one) => [one.name, one] as const)))
  return [
    "## Settings",
    "",
    "| client | version | settings |",
    "|---|---|---|",
    ...[...contenders.values()].map(({ title, version, settings }) => `| ${title} | ${version} | ${settings} |`),
    "",
  ]
}

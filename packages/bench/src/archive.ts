/** The folder of results: a JSON file a scenario, and the page and the chart that are made from all of them. */
import { Effect, FileSystem, Schema } from "effect"
import { join } from "node:path"
import { across } from "./across.ts"
import { chart, links, swarms } from "./render/chart.ts"
import { page } from "./render/page.ts"
import { type Results, ResultsJson } from "./Results.ts"
import { rows } from "./Row.ts"
import { scenarios } from "./scenarios.ts"
import type { Verdict } from "./Target.ts"

/** What the chart shows; the page shows everything. */
const charted = ["memory", "64m", "list-50", "list-200"]

/** The same of whole swarms. */
const chartedSwarms = ["rivals", "parts-10", "limited-20", "seeds-50", "distant", "serve-1", "serve-50"]

/** The same of what comes by a link, or from a web server. */
const chartedLinks = ["link", "link-dht", "web-seed"]

export const keep = Effect.fnUntraced(function* (folder: string, results: Results) {
  const fs = yield* FileSystem.FileSystem
  yield* fs.makeDirectory(folder, { recursive: true })
  const text = yield* Schema.encodeEffect(ResultsJson)(results)
  yield* fs.writeFileString(join(folder, `${results.scenario}.json`), `${spaced(text)}\n`)
})

/** Makes `results.md`, `chart.svg`, `swarm.svg` and `link.svg` from whatever scenarios the folder has. */
export const publish = Effect.fnUntraced(function* (folder: string) {
  const fs = yield* FileSystem.FileSystem
  const kept = yield* Effect.forEach(scenarios, ({ name }) =>
    fs
      .readFileString(join(folder, `${name}.json`))
      .pipe(Effect.flatMap(Schema.decodeEffect(ResultsJson)), Effect.option),
  )
  const all = kept.flatMap((results) => (results._tag === "Some" ? [results.value] : []))
  yield* fs.writeFileString(
    join(folder, "results.md"),
    page(
      all.map((results) => ({ results, verdicts: verdicts(results) })),
      across(all),
    ),
  )
  const of = (names: ReadonlyArray<string>) => all.filter(({ scenario }) => names.includes(scenario))
  yield* fs.writeFileString(join(folder, "chart.svg"), chart(of(charted)))
  yield* fs.writeFileString(join(folder, "swarm.svg"), chart(of(chartedSwarms), swarms))
  yield* fs.writeFileString(join(folder, "link.svg"), chart(of(chartedLinks), links))
})

/** What the numbers say to the scenario's targets. */
export const verdicts = (results: Results): ReadonlyArray<Verdict> => {
  const targets = scenarios.find(({ name }) => name === results.scenario)?.targets ?? []
  return targets.flatMap((target) => target(rows(results), results.bytes) ?? [])
}

/** A sample a line. */
const spaced = (json: string) => json.replaceAll(/("samples":\[|\},)(?=\{)/g, "$1\n")

/**
 * `npm run fuzz -- [--seconds 60] [--target name]... [--seed n] [--replay file]...`: see README.md.
 *
 * Exits with 1 when something was found; the input then lies in findings/ and is a regression test from that moment on.
 */
import { readFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { bundle, workFolder } from "./harness/bundle.ts"
import { brokenBy } from "./harness/Fuzzer.ts"
import { findings, inputsIn, keepFinding, seeds, writeInputs } from "./harness/inputs.ts"
import { fuzz } from "./harness/Session.ts"
import { targets } from "./targets/targets.ts"

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string", default: String(Date.now() % 1_000_000_000) },
    target: { type: "string", multiple: true, default: [] },
    replay: { type: "string", multiple: true, default: [] },
  },
})
const names = targets.map(({ name }) => name)
const unknown = values.target.filter((name) => !names.includes(name))
const seconds = Number(values.seconds)
const seed = Number(values.seed)
if (unknown.length > 0 || !(seconds > 0) || !Number.isSafeInteger(seed)) {
  console.error(`usage: npm run fuzz -- [--seconds 60] [--seed n] [--target name]... [--replay file]...`)
  console.error(`targets: ${names.join(" ")}`)
  process.exit(2)
}
const chosen = targets.filter(({ name }) => values.target.length === 0 || values.target.includes(name))

/** Runs inputs against the sources, without counters: for a debugger. */
const replay = (): number => {
  let broken = 0
  for (const file of values.replay) {
    for (const target of chosen) {
      const error = brokenBy(target, new Uint8Array(readFileSync(file)))
      if (error !== undefined) broken++
      console.log(`${target.name} ${file}: ${error === undefined ? "fine" : error.stack}`)
    }
  }
  return broken
}

const search = async (): Promise<number> => {
  const { blocks, file, words } = await bundle("worker.ts")
  console.log(`${chosen.length} targets, ${seconds} s, --seed ${seed}, ${blocks} blocks of code`)
  let found = 0
  let executions = 0
  for (const target of chosen) {
    const { name } = target
    const grown = `${workFolder}corpus/${name}`
    const inputs = [...findings(target), ...seeds(target), ...inputsIn(grown)].map(({ bytes }) => bytes)
    const report = await fuzz(file, {
      target: name,
      seed,
      milliseconds: (seconds * 1000) / chosen.length,
      inputs,
      words,
    })
    executions += report.executions
    if (report.corpus.length > 0) writeInputs(grown, report.corpus)
    console.log(
      `${name.padEnd(20)} ${String(report.executions).padStart(9)} inputs, ${report.blocks} blocks, ${report.features} features, ` +
        `${report.corpus.length} kept, at most ${report.mostWork.toFixed(1)} blocks a byte`,
    )
    if (report.finding === undefined) continue
    found++
    console.log(
      `  FOUND: ${keepFinding(target, report.finding.bytes)}\n  ${report.finding.error.replaceAll("\n", "\n  ")}`,
    )
  }
  console.log(`${executions} inputs, ${found} findings`)
  return found
}

process.exitCode = (values.replay.length > 0 ? replay() : await search()) === 0 ? 0 : 1

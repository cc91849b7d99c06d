/**
 * A worker that fuzzes one target. This module is bundled with the targets, so that their code carries counters.
 *
 * Each input is shown to the parent before it runs: one that never ends, or that takes all memory, can then be kept although nothing is left here to say so.
 */
import { parentPort, workerData } from "node:worker_threads"
import { targets } from "../targets/targets.ts"
import { Coverage, blockOf } from "./Coverage.ts"
import { type Finding, Fuzzer } from "./Fuzzer.ts"
import { minimize } from "./minimize.ts"
import type { Display, Job, Report } from "./Session.ts"

const { display, inputs, milliseconds, seed, target: name, words } = workerData as Job

const coverage = new Coverage((globalThis as unknown as { __fuzzCounters: Uint32Array })["__fuzzCounters"])
const target = targets.find((target) => target.name === name)!
const fuzzer = new Fuzzer(target, coverage, seed, words)

const show = ({ bytes, words }: Display, input: Uint8Array): void => {
  bytes.set(input.subarray(0, bytes.length))
  words[1] = input.length
  Atomics.add(words, 0, 1)
}

const attempt = (input: Uint8Array): Finding | undefined => {
  show(display, input)
  return fuzzer.try(input)
}

const search = (): Finding | undefined => {
  for (const input of [...inputs, new Uint8Array(0), ...target.samples(seed)]) {
    const finding = attempt(input)
    if (finding !== undefined) return finding
  }
  const end = performance.now() + milliseconds
  do {
    for (let i = 0; i < 64; i++) {
      const finding = attempt(fuzzer.next())
      if (finding !== undefined) return finding
    }
  } while (performance.now() < end)
  return undefined
}

const finding = search()
const executions = fuzzer.executions
const smallest = finding && minimize(finding, attempt)
const blocks = new Set(Array.from(fuzzer.corpus.seen, (feature) => blockOf(feature, coverage)))
blocks.delete(undefined)
const report: Report = {
  executions,
  blocks: blocks.size,
  features: fuzzer.corpus.features,
  mostWork: fuzzer.mostWork,
  corpus: fuzzer.corpus.inputs,
  finding: smallest && { bytes: smallest.bytes, error: smallest.error.stack ?? smallest.error.message },
}
parentPort!.postMessage(report)

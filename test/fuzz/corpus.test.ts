/** Every seed, and every input that once broke something, against the sources; the samples as well. */
import { describe, expect, it } from "@effect/vitest"
import { brokenBy } from "./harness/Fuzzer.ts"
import { findings, seeds } from "./harness/inputs.ts"
import { targets } from "./targets/targets.ts"

describe.each(targets)("$name", (target) => {
  it.each([...findings(target), ...seeds(target)])("$name", ({ bytes }) => {
    expect(brokenBy(target, bytes)).toBeUndefined()
  })

  it("samples", () => {
    const samples = [new Uint8Array(0), ...target.samples(1), ...target.samples(2)]
    expect(samples.map((bytes) => brokenBy(target, bytes)).filter((error) => error !== undefined)).toEqual([])
  })
})

it("every target has other people's inputs or its own", () => {
  for (const target of targets) expect(seeds(target).length + target.samples(1).length, target.name).toBeGreaterThan(5)
})

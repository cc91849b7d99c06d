/** Tests that need a network of their own: skipped in plain sight, with the reason, where the system does not let us have one. */
import { describe, it } from "@effect/vitest"
import { type Need, obstacle } from "./BadNetwork.ts"

export const whenPossible = (name: string, need: Need, tests: () => void) => {
  const reason = obstacle(need)
  if (reason === undefined) return describe.concurrent(name, tests)
  return describe.skip(name, () => it(reason, () => {}))
}

/** Tests that need other people's programs: skipped in plain sight where one is missing, and failed where all must be there (`CI=true`). */
import { describe, it } from "@effect/vitest"
import { missing, type Tool } from "./Tool.ts"

export const whenInstalled = (name: string, tools: ReadonlyArray<Tool>, tests: () => void) => {
  const absent = missing(tools)
  if (absent.length === 0) return tests()
  const reason = `${absent.join(", ")} not installed: run .ci/install-clients`
  if (process.env.CI !== "true") return describe.skip(name, () => it(reason, () => {}))
  return describe(name, () =>
    it("has what it needs", () => {
      throw new Error(reason)
    }),
  )
}

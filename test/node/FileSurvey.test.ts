/** What cannot be looked at is not said to be missing. */
import { assert, describe, it } from "@effect/vitest"
import * as Fs from "node:fs"
import { isHidden, seenAt } from "../../packages/node/src/FileSurvey.ts"

const failing = (code: string) =>
  ({
    lstatSync: () => {
      throw Object.assign(new Error(code), { code })
    },
  }) as unknown as typeof Fs

describe("a place at which nothing is seen", () => {
  it("is hidden where there is no permission, or an error of the disk; nothing is there otherwise", () => {
    for (const code of ["EACCES", "EPERM", "EIO", "ESTALE"]) {
      assert.isUndefined(seenAt(failing(code), "/x"))
      assert.isTrue(isHidden(failing(code), "/x"), code)
    }
    for (const code of ["ENAMETOOLONG", "ELOOP"]) assert.isFalse(isHidden(failing(code), "/x"), code)
    assert.isFalse(isHidden(Fs, "/there/is/none"))
    assert.isFalse(isHidden(Fs, "/dev/null/x"))
  })
})

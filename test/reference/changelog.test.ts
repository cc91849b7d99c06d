/** The packages are one thing with one version, which the changelog tells of. */
import { assert, describe, it } from "@effect/vitest"
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { packages, root } from "./packages.ts"

interface Package {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly exports?: Readonly<Record<string, unknown>>
}

const all = globSync("packages/*/package.json", { cwd: root })
  .map((file) => JSON.parse(readFileSync(join(root, file), "utf8")) as Package)
  .filter((one) => one.private !== true)

describe("the packages", () => {
  const { version } = all.find(({ name }) => name === "unchoke")!

  it("have one version, and need each other in it", () => {
    for (const { dependencies = {}, name, version: its } of all) {
      assert.strictEqual(its, version, name)
      for (const [needed, range] of Object.entries(dependencies)) {
        if (/^(unchoke$|@unchoke\/)/.test(needed)) assert.strictEqual(range, version, `${name} needs ${needed}`)
      }
    }
  })

  it("that somebody imports are those whose types are reviewed", () => {
    const imported = all.filter(({ exports }) => exports?.["."] !== undefined).map(({ name }) => name)
    assert.sameMembers(
      imported,
      packages.map(({ name }) => name as string),
    )
  })

  it("are told of in the changelog", () => {
    const changelog = readFileSync(join(root, "CHANGELOG.md"), "utf8")
    assert.match(changelog, /^## \[Unreleased\]$/m)
    const released = changelog.includes(`## [${version}]`)
    assert.isTrue(released || changelog.includes(`the first release will be ${version}.`), version)
  })
})

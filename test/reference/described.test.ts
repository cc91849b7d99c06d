/** Every name that a package exports is said what it is: itself, and not by what it extends or is a type of. Read from the pages of types, which `npm run check:api` holds to what is built. */
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { basename, join } from "node:path"
import { packages, root } from "./packages.ts"

/** What a page calls the names that are in one of these namespaces. */
const within = (page: string, namespaces: ReadonlyArray<string>): ReadonlySet<string> =>
  new Set(
    Array.from(page.matchAll(/^declare namespace (\w+) \{\n([\s\S]*?)^\}/gm)).flatMap(([, namespace, names]) =>
      namespaces.includes(namespace!) ? Array.from(names!.matchAll(/^ {8}(\w+)/gm), ([, name]) => name!) : [],
    ),
  )

/** How those are declared that are exported, by themselves or in these namespaces, and of which nothing is said; what is only referred to is on the page as well. */
const undescribed = (page: string, namespaces: ReadonlyArray<string>): ReadonlyArray<string> => {
  const names = within(page, namespaces)
  return Array.from(page.matchAll(/^\/\/ @public \(undocumented\)\n(.*)/gm), ([, line]) => line!).filter(
    (line) =>
      line.startsWith("export ") || names.has(/^(?:\w+ )*?(\w+)(?=[:<(]| [={<]| extends)/.exec(line)?.[1] ?? ""),
  )
}

describe("the check", () => {
  const page = [
    "// @public",
    "export interface Said extends Other {",
    "}",
    "",
    "// @public (undocumented)",
    "interface Within {",
    "}",
    "",
    "// @public (undocumented)",
    "type Kept = number;",
    "",
    "declare namespace Named {",
    "    export {",
    "        Within as Inner,",
    "    }",
    "}",
  ].join("\n")

  it("sees what is exported, by itself or in a namespace, and not what is only referred to", () => {
    assert.deepStrictEqual(undescribed(page, ["Named"]), ["interface Within {"])
    assert.deepStrictEqual(undescribed(page, []), [])
    assert.deepStrictEqual(undescribed(page.replace("// @public\n", "// @public (undocumented)\n"), ["Named"]), [
      "export interface Said extends Other {",
      "interface Within {",
    ])
  })
})

describe("what is exported", () => {
  for (const { folder, name } of packages) {
    it(`${name}: is described, each name by itself`, () => {
      // Its lines end as those of Windows do.
      const page = readFileSync(join(root, folder, `${basename(folder)}.api.md`), "utf8").replaceAll("\r\n", "\n")
      assert.match(page, /^export .*\n/m)
      const index = readFileSync(join(root, folder, "src/index.ts"), "utf8")
      const namespaces = Array.from(index.matchAll(/^export \* as (\w+)/gm), ([, name]) => name!)
      assert.deepStrictEqual(undescribed(page, namespaces), [])
    })
  }
})

/**
 * The reference of the public packages, out of the docstrings: pages in `.reference/`. Fails where something that is exported is not said what it is.
 *
 * TypeDoc checks the types of what it reads, with the last TypeScript before the one that compiles the packages.
 */
import { execFileSync } from "node:child_process"
import { join } from "node:path"
import { root } from "./packages.ts"
import { tools } from "./tools.ts"

try {
  execFileSync(
    process.execPath,
    [join(tools, "node_modules/typedoc/bin/typedoc"), "--options", join(import.meta.dirname, "typedoc.json")],
    { cwd: root, stdio: ["ignore", "inherit", "inherit"] },
  )
} catch {
  process.exitCode = 1
}

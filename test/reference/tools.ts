/**
 * TypeDoc and API Extractor, installed once outside the tree: they need a TypeScript that is written in JavaScript, and nothing here is compiled by it.
 */
import { execFileSync } from "node:child_process"
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"

const source = join(import.meta.dirname, "tools")

/** The folder whose `node_modules` has them. */
export const tools = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "unchoke-reference")

const installed = join(tools, "installed-lock.json")
const lock = readFileSync(join(source, "package-lock.json"), "utf8")

if (!existsSync(installed) || readFileSync(installed, "utf8") !== lock) {
  rmSync(tools, { recursive: true, force: true })
  mkdirSync(tools, { recursive: true })
  for (const name of ["package.json", "package-lock.json"]) copyFileSync(join(source, name), join(tools, name))
  const quietly = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
  execFileSync("npm", ["ci", "--prefix", tools, ...quietly], { stdio: ["ignore", "inherit", "inherit"] })
  copyFileSync(join(tools, "package-lock.json"), installed)
}

/** A program of somebody else's that the proof needs, and what to say when this machine does not have it. */
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { homedir } from "node:os"
import { delimiter, join } from "node:path"

export interface Tool {
  readonly name: string
  readonly installed: () => boolean
}

/** A command somewhere on `PATH`. */
export const command = (name: string): Tool => ({
  name,
  installed: () => (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, name))),
})

/** Debian's Python, by its full path: a `python3` earlier on `PATH` does not see Debian's modules. */
export const python = "/usr/bin/python3"

export const libtorrent: Tool = {
  name: "python3-libtorrent",
  installed: () => spawnSync(python, ["-c", "import libtorrent"], { stdio: "ignore" }).status === 0,
}

/** Where `.ci/install-clients` puts webtorrent: outside the tree, so that nobody's `npm ci` pays for its 36 MB. */
export const webtorrentModule = join(
  process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"),
  "unchoke-interop/webtorrent/node_modules/webtorrent/index.js",
)

export const webtorrent: Tool = { name: "webtorrent", installed: () => existsSync(webtorrentModule) }

/** What is missing of the given tools; empty when the proof can run. */
export const missing = (tools: ReadonlyArray<Tool>): ReadonlyArray<string> =>
  tools.filter((tool) => !tool.installed()).map((tool) => tool.name)

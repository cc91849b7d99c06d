/** Ourselves: the built command, with its default settings. */
import { Effect } from "effect"
import * as places from "../places.ts"
import { type Client, port } from "./Client.ts"
import { versionOf } from "./version.ts"

const node = process.execPath

const version = versionOf(node, [places.unchoke, "--version"], /(\d+\.\d+\.\d+)/)

const from = "npm run build"

const launch = (...args: ReadonlyArray<string>) => ({ command: node, args: [places.unchoke, ...args] })

/** A thousand callers are more than it takes unless told. */
const joined = ["--port", String(port), "--max-peers", "1000", "--quiet"]

export const unchoke: Client = {
  name: "unchoke",
  title: "unchoke",
  settings: "Default settings; `--max-peers 1000` where it is called.",
  version,
  from,
  download: ({ torrent, output }) => Effect.succeed(launch("download", torrent, "--output", output, "--quiet")),
  join: ({ torrent, output, complete }) =>
    Effect.succeed(
      complete
        ? launch("seed", torrent, output, ...joined)
        : launch("download", torrent, "--output", output, "--seed", ...joined),
    ),
  probe: ({ torrent }) => Effect.succeed(launch("probe", torrent)),
  show: (torrent) => launch("show", torrent),
  printVersion: launch("--version"),
}

/** What the others of a list cost is the difference to this one. */
export const unchokeAlone: Client = {
  ...unchoke,
  name: "unchoke-alone",
  title: "unchoke, the good peer alone",
  reference: true,
  alone: true,
  settings: "The tracker names only the good peer to it: what the others of the list cost is the difference.",
}

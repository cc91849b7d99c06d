/** Ourselves: the built command, with its default settings. */
import { Effect } from "effect"
import * as places from "../places.ts"
import { type Client, goodPeer, type Job } from "./Client.ts"
import { versionOf } from "./version.ts"

const node = process.execPath

const version = versionOf(node, [places.unchoke, "--version"], /(\d+\.\d+\.\d+)/)

const from = "npm run build"

const launch = (...args: ReadonlyArray<string>) => ({ command: node, args: [places.unchoke, ...args] })

const download = ({ torrent, output }: Job, ...more: ReadonlyArray<string>) =>
  Effect.succeed(launch("download", torrent, "--output", output, "--quiet", ...more))

export const unchoke: Client = {
  name: "unchoke",
  title: "unchoke",
  settings: "Default settings.",
  version,
  from,
  download: (job) => download(job),
  probe: ({ torrent }) => Effect.succeed(launch("probe", torrent)),
  show: (torrent) => launch("show", torrent),
  printVersion: launch("--version"),
}

/** What the race costs is the difference to this one. */
export const unchokeTold: Client = {
  name: "unchoke-told",
  title: "unchoke, told the good peer",
  reference: true,
  settings:
    "Gets the address of the good peer (`--peer`) and asks no tracker: the price of finding it is the difference.",
  version,
  from,
  download: (job) => {
    const { address, port } = goodPeer(job.swarm)
    return download(job, "--peer", `${address}:${port}`, "--no-tracker")
  },
}

/** Ourselves: the built command, with its default settings. */
import { Effect } from "effect"
import { join } from "node:path"
import { scraping } from "../Collector.ts"
import * as places from "../places.ts"
import { type Client, type Job, type Launch, madeName, port, threads } from "./Client.ts"
import { versionOf } from "./version.ts"

const node = process.execPath

const version = versionOf(node, [places.unchoke, "--version"], /(\d+\.\d+\.\d+)/)

const from = "npm run build"

const launch = (...args: ReadonlyArray<string>) => ({ command: node, args: [places.unchoke, ...args] })

/** The nodes of a DHT that it knew the last time are not to be there the next. */
const download = ({ entrance, home, output, torrent }: Job, ...args: ReadonlyArray<string>): Launch => {
  const told = launch("download", torrent, "--output", output, "--quiet", ...args)
  if (entrance === undefined) return told
  return { ...told, args: [...told.args, "--dht-node", entrance], env: { XDG_CACHE_HOME: home } }
}

const create = ({ output, shape, source }: Job, threads: number): Launch =>
  launch(
    "create",
    source,
    "--output",
    join(output, madeName),
    "--quiet",
    "--piece-length",
    String(shape.pieceLength),
    "--threads",
    String(threads),
  )

/** A thousand callers are more than it takes unless told. */
const joined = ["--port", String(port), "--max-peers", "1000", "--quiet"]

export const unchoke: Client = {
  name: "unchoke",
  title: "unchoke",
  settings: "Default settings; `--max-peers 1000` where it is called.",
  version,
  from,
  download: (job) => Effect.succeed(download(job)),
  join: ({ torrent, output, complete }) =>
    Effect.succeed(
      complete
        ? launch("seed", torrent, output, ...joined)
        : launch("download", torrent, "--output", output, "--seed", ...joined),
    ),
  create: (job) => Effect.succeed(create(job, threads)),
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

/** What one core does. */
export const unchokeOneThread: Client = {
  name: "unchoke-1",
  title: "unchoke, one thread",
  reference: true,
  settings: "`create --threads 1`.",
  version,
  from,
  create: (job) => Effect.succeed(create(job, 1)),
}

/** What RC4 and its handshake cost is the difference to this one. */
export const unchokeEncrypted: Client = {
  ...unchoke,
  name: "unchoke-encrypted",
  title: "unchoke, encrypted",
  reference: true,
  settings: "`--encryption require`: RC4 from the first byte to the last.",
  download: (job) => Effect.succeed(download(job, "--encryption", "require")),
}

/** Where metrics can be asked for. */
const metricsPort = 9464

/** What it costs to be looked at is the difference to ourselves. */
export const unchokeMetrics: Client = {
  ...unchoke,
  name: "unchoke-metrics",
  title: "unchoke, metrics asked for",
  reference: true,
  settings: "`--metrics`, asked for every second.",
  download: (job) => Effect.succeed(download(job, "--metrics", String(metricsPort))),
  beside: scraping(metricsPort),
}

export const unchokeOtlp: Client = {
  ...unchoke,
  name: "unchoke-otlp",
  title: "unchoke, all sent to a collector",
  reference: true,
  settings: "`--otlp`: spans, metrics and logs, to a collector that throws them away.",
  download: (job) => Effect.succeed(download(job, "--otlp", job.collector)),
}

const embedded = join(places.clients, "unchoke-embedded.mjs")

export const unchokeEmbedded: Client = {
  name: "unchoke-embedded",
  title: "unchoke in a program",
  reference: true,
  settings: "A program of ten lines that downloads with the library.",
  version,
  from,
  download: ({ output, torrent }) => Effect.succeed({ command: node, args: [embedded, torrent, output] }),
}

export const unchokeEmbeddedOtlp: Client = {
  ...unchokeEmbedded,
  name: "unchoke-embedded-otlp",
  title: "unchoke in a program, all sent to a collector",
  settings: "The same with Effect's layer for a collector, which throws all of it away.",
  download: ({ collector, output, torrent }) =>
    Effect.succeed({ command: node, args: [embedded, torrent, output, collector] }),
}

/** Gives all of a torrent to whoever calls, in whichever way they call, and is heard of by the tracker of the benchmarks alone. */
export const seed = (torrent: string, folder: string): Launch =>
  launch("seed", torrent, folder, ...joined, "--no-tracker", "--no-dht", "--no-pex", "--no-lsd")

/** The benchmarks, as data: one table. */
// oxlint-disable max-lines -- a table is read from its top to its end
import type { Callers, Scenario } from "./Scenario.ts"
import { GiB, KiB, MiB, single } from "./Shape.ts"
import { alone, choking, distant, fifty, nobody, parts, seeds, thousand, twoHundred, twoThousand } from "./Swarm.ts"
import {
  atMost,
  copies,
  costs,
  cpuPerGiB,
  fasterThan,
  idleCore,
  idleMemory,
  inSeconds,
  keepsPace,
  memory,
  ofTheLimit,
  reaches,
} from "./Target.ts"

const limits = ["limit-receive", "limit-hash", "limit-write"]

const asInstalled = ["libtorrent", "webtorrent"]

/** What a scenario is unless it says otherwise: 64 MiB from one good peer, in memory. */
const usual = {
  work: "download",
  shape: single(64 * MiB, 256 * KiB),
  by: "torrent",
  census: alone,
  oursAlone: false,
  ourSeed: false,
  rivals: 0,
  present: 0,
  layouts: 1,
  disk: "memory",
  patience: 60,
  runs: 5,
  references: [],
  targets: [],
} as const

/** Looked at from outside, each way beside the same without. */
const observed = {
  ...usual,
  oursAlone: true,
  runs: 11,
  references: ["unchoke-metrics", "unchoke-otlp", "unchoke-embedded", "unchoke-embedded-otlp"],
  targets: [
    costs("unchoke-metrics", "unchoke", 0.03),
    costs("unchoke-otlp", "unchoke", 0.03),
    costs("unchoke-embedded-otlp", "unchoke-embedded", 0.03),
  ],
} as const

const gibibyte = { ...usual, shape: single(GiB, MiB), patience: 90 }

/** The lists are played in three shuffles, each twice. */
const list = {
  ...usual,
  layouts: 3,
  runs: 6,
  references: ["unchoke-alone"],
  targets: [fasterThan("all", 1), fasterThan(asInstalled, 5), atMost("unchoke-alone", { seconds: 0.1 })],
}

/** What comes before the first byte counts: some wait for tens of seconds. */
const byLink = { ...usual, runs: 3, patience: 120, targets: [fasterThan("all", 1)] }

/** The content lies in the page cache: what is measured is reading and hashing. */
const creating = {
  ...usual,
  work: "create",
  census: nobody,
  references: ["unchoke-1", "limit-create", "limit-create-1"],
  targets: [fasterThan("all", 1), reaches("unchoke-1", "limit-create-1", 0.9), memory(200)],
} as const

const takers = (count: number, bytes: number): Callers => ({ count, work: "take", bytes, seconds: 0 })

const silent = (work: "idle" | "hold", count: number): Callers => ({ count, work, bytes: 0, seconds: 10 })

const serving = { ...gibibyte, work: "join", census: nobody, present: GiB } as const

const both = { ...gibibyte, work: "join", shape: single(2 * GiB, MiB), present: GiB } as const

export const scenarios: ReadonlyArray<Scenario> = [
  {
    ...gibibyte,
    name: "memory",
    title: "1 GiB, one fast peer, memory disk",
    references: limits,
    targets: [fasterThan("all", 1.5), cpuPerGiB(1.5), memory(200)],
  },
  {
    ...gibibyte,
    name: "disk",
    title: "1 GiB, one fast peer, real disk",
    disk: "disk",
    references: limits,
    targets: [fasterThan("all", 1), memory(200)],
  },
  {
    ...gibibyte,
    name: "4g",
    title: "4 GiB in pieces of 4 MiB, memory disk",
    shape: single(4 * GiB, 4 * MiB),
    patience: 180,
    references: limits,
    targets: [fasterThan("all", 1), memory(200)],
  },
  { ...usual, name: "64m", title: "64 MiB, one fast peer", targets: [fasterThan("all", 1)] },
  { ...byLink, name: "link", title: "64 MiB by a link, found by the tracker", by: "link" },
  { ...byLink, name: "link-dht", title: "64 MiB by a link, found in a DHT of ten nodes", by: "dht" },
  { ...byLink, name: "web-seed", title: "64 MiB from a web server alone", by: "web", census: nobody },
  {
    ...gibibyte,
    name: "encrypted",
    title: "1 GiB from a seed of our own, plain and encrypted",
    census: nobody,
    oursAlone: true,
    ourSeed: true,
    runs: 3,
    references: ["unchoke-encrypted"],
    targets: [keepsPace("unchoke-encrypted", 0.6)],
  },
  { ...observed, name: "observed", title: "1 GiB, looked at from outside", shape: single(GiB, MiB), patience: 90 },
  { ...observed, name: "observed-64m", title: "64 MiB, looked at from outside" },
  {
    ...observed,
    name: "observed-list",
    title: "64 MiB, 1 good peer among 200, looked at from outside",
    census: twoHundred,
    layouts: 3,
  },
  { ...list, name: "list-50", title: "64 MiB, 2 good peers among 50", census: fifty },
  { ...list, name: "list-200", title: "64 MiB, 1 good peer among 200", census: twoHundred },
  {
    ...usual,
    name: "list-2000",
    title: "64 MiB, 1 good peer behind 1999 dead addresses",
    census: twoThousand,
    runs: 3,
    patience: 180,
    references: ["unchoke-alone"],
    targets: [inSeconds(3)],
  },
  { ...gibibyte, name: "pieces-16k", title: "1 GiB in pieces of 16 KiB", shape: single(GiB, 16 * KiB) },
  { ...gibibyte, name: "pieces-16m", title: "1 GiB in pieces of 16 MiB", shape: single(GiB, 16 * MiB) },
  {
    ...gibibyte,
    name: "files",
    title: "1 GiB in 100 000 files",
    shape: { pieceLength: MiB, files: { count: 100_000, length: 10_737 } },
  },
  {
    ...usual,
    name: "limited-20",
    title: "256 MiB, twenty seeds of 4 MiB/s each",
    shape: single(256 * MiB, MiB),
    census: seeds(20, 4 * MiB),
    runs: 3,
    targets: [ofTheLimit(80 * MiB, 1.1), copies(1.05), fasterThan("all", 1)],
  },
  {
    ...gibibyte,
    name: "seeds-50",
    title: "1 GiB, fifty unlimited seeds",
    census: seeds(50),
    references: ["unchoke-alone"],
    targets: [fasterThan("all", 1), atMost("unchoke-alone", { seconds: 0.1 }), copies(1.05)],
  },
  {
    ...usual,
    name: "rivals",
    title: "64 MiB, one seed of 8 MiB/s and eight libtorrents that want it too",
    census: seeds(1, 8 * MiB),
    rivals: 8,
    targets: [fasterThan(["libtorrent", "libtorrent-tcp", "libtorrent-tuned"], 1), copies(1.5)],
  },
  {
    ...serving,
    name: "serve-1",
    title: "We seed: 1 GiB to one fast leecher",
    callers: takers(1, GiB),
    targets: [fasterThan("all", 1), cpuPerGiB(0.6), memory(150)],
  },
  {
    ...serving,
    name: "serve-50",
    title: "We seed: 64 MiB to each of fifty at once",
    callers: takers(50, 64 * MiB),
    targets: [fasterThan("all", 1), cpuPerGiB(0.6), memory(150)],
  },
  {
    ...serving,
    name: "idle-seed",
    title: "We seed to nobody: 1000 idle links",
    shape: single(64 * MiB, 256 * KiB),
    present: 64 * MiB,
    callers: silent("idle", 1000),
    runs: 3,
    targets: [idleCore(0.01), idleMemory(64)],
  },
  {
    ...serving,
    name: "idle-parked",
    title: "1000 seeds called us and unchoke nobody",
    shape: single(64 * MiB, 256 * KiB),
    present: 0,
    callers: silent("hold", 1000),
    runs: 3,
    targets: [idleCore(0.01), idleMemory(64)],
  },
  {
    ...both,
    name: "both-down",
    title: "1 GiB from a fast seed, half of the torrent being there",
    callers: silent("idle", 1),
  },
  {
    ...both,
    name: "both-up",
    title: "1 GiB to a fast leecher, half of the torrent being there",
    census: nobody,
    callers: takers(1, GiB),
  },
  {
    ...both,
    name: "both",
    title: "Both at once: 1 GiB from a fast seed, 1 GiB to a fast leecher",
    callers: takers(1, GiB),
  },
  {
    ...usual,
    name: "distant",
    title: "256 MiB, one fast peer at a distance of 100 ms",
    shape: single(256 * MiB, MiB),
    census: distant(100),
    targets: [fasterThan("all", 0.9)],
  },
  {
    ...usual,
    name: "parts-10",
    title: "256 MiB, ten peers with a random 40 % each",
    shape: single(256 * MiB, MiB),
    census: parts(10, 40),
    targets: [fasterThan("all", 1), copies(1.05)],
  },
  {
    ...usual,
    name: "parts-10-limited",
    title: "256 MiB, ten peers with a random 40 % each, 2 MiB/s each",
    shape: single(256 * MiB, MiB),
    census: parts(10, 40, 2 * MiB),
    runs: 3,
    targets: [ofTheLimit(20 * MiB, 1.1), fasterThan("all", 1), copies(1.05)],
  },
  {
    ...usual,
    name: "probe",
    title: "1000 candidates probed to the end",
    work: "probe",
    census: thousand,
    runs: 3,
    patience: 180,
  },
  {
    ...usual,
    name: "parked-1",
    title: "1 peer that never unchokes, probed",
    work: "probe",
    census: choking(1),
    runs: 3,
    patience: 180,
  },
  {
    ...usual,
    name: "parked-200",
    title: "200 peers that never unchoke, probed",
    work: "probe",
    census: choking(200),
    runs: 3,
    patience: 180,
  },
  {
    ...creating,
    name: "create",
    title: "A torrent made of 4 GiB, pieces of 1 MiB, two threads",
    shape: single(4 * GiB, MiB),
  },
  {
    ...creating,
    name: "create-disk",
    title: "A torrent made of 1 GiB on a real disk, pieces of 512 KiB, two threads",
    shape: single(GiB, 512 * KiB),
    disk: "disk",
  },
  {
    ...usual,
    name: "show",
    title: "What is in a torrent of 100 000 files",
    work: "show",
    shape: { pieceLength: MiB, files: { count: 100_000, length: 10_737 } },
    targets: [inSeconds(1)],
  },
  { ...usual, name: "version", title: "--version", work: "version", runs: 11, targets: [inSeconds(0.1)] },
]

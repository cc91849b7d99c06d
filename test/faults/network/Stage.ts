/** A bad network with peers on its far side, a torrent, and the real command on its near side, with a folder to download into. Everything ends with the scope. */
import { assert } from "@effect/vitest"
import { Content, type LoopbackSwarm } from "@unchoke/testkit"
import { Effect, Queue } from "effect"
import { spawn } from "node:child_process"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { entry } from "../../cli/process.ts"
import * as BadNetwork from "./BadNetwork.ts"
import * as LineProcess from "./LineProcess.ts"

/** What is on the far side. */
export interface Far {
  readonly content: Content.ContentOptions
  readonly members: ReadonlyArray<LoopbackSwarm.Member>
  /** Addresses on which a tracker listens that knows all members. */
  readonly trackers: ReadonlyArray<string>
}

/** What the far side has done so far. */
export interface Done {
  readonly open: number
  readonly served: ReadonlyArray<{ readonly peer: string; readonly piece: number }>
  readonly announces: ReadonlyArray<ReadonlyArray<"HTTP" | "UDP">>
}

/** An event of `--json`, as far as these tests look at it. */
export interface Event {
  readonly _tag: string
  readonly peer?: string
  readonly piece?: number
  readonly stored?: number
  readonly error?: { readonly _tag: string; readonly reason?: string }
}

export interface Finished {
  readonly code: number | null
  readonly stderr: string
  readonly events: ReadonlyArray<Event>
}

export interface Running {
  /** Ends with the first event that is like that. */
  readonly until: (wanted: (event: Event) => boolean) => Effect.Effect<void>
  /** Ends with the process, which must have said everything in its own words: no defect, no unhandled rejection. */
  readonly finished: Effect.Effect<Finished>
}

export type Stage = Effect.Success<ReturnType<typeof set>>

export interface Options {
  readonly far?: Partial<Far>
  readonly links?: number
  readonly kind?: BadNetwork.Kind
}

export const set = Effect.fnUntraced(function* ({ far, kind, links = 1 }: Options) {
  const { content: options = { files: 1_000_000 }, members = [], trackers = [] } = far ?? {}
  const content = Content.make(options)
  const network = yield* BadNetwork.make(links, kind)
  const scene: Far = { content: options, members, trackers }
  const seeders = yield* LineProcess.start(
    ...network.at("far", [process.execPath, "--conditions=source", seedersProgram, JSON.stringify(scene)]),
  )
  const { peers, trackers: urls } = seeders.ready as {
    readonly peers: ReadonlyArray<string>
    readonly trackers: ReadonlyArray<{ readonly http: string; readonly udp: string }>
  }
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "unchoke-network-"))),
    (folder) => Effect.promise(() => rm(folder, { recursive: true })),
  )
  const torrent = join(folder, "content.torrent")
  const write = (tiers: ReadonlyArray<ReadonlyArray<string>>) =>
    Effect.promise(() => writeFile(torrent, withTrackers(content.bytes, tiers)))
  yield* write([])

  /** Downloads, from the peers of the far side unless others or none are given. */
  const download = (...args: ReadonlyArray<string>) =>
    command(
      ...network.at("near", [process.execPath, entry, "download", torrent, "--output", folder, "--json", ...args]),
    )
  const fromPeers = (...args: ReadonlyArray<string>) =>
    download("--no-tracker", ...peers.flatMap((peer) => ["--peer", peer]), ...args)

  return {
    ...network,
    peers,
    urls,
    download,
    fromPeers,
    /** The torrent names these trackers, tier by tier (BEP 12). */
    announce: write,
    done: Effect.map(seeders.ask("?"), (done) => done as Done),
    /** The file is on the disk, byte for byte. */
    complete: Effect.map(
      Effect.promise(() => readFile(join(folder, "content.bin"))),
      (bytes) => assert.isTrue(bytes.equals(content.data), "the file is not what it should be"),
    ),
  }
})

const seedersProgram = join(import.meta.dirname, "seeders.ts")

const command = Effect.fnUntraced(function* (file: string, args: ReadonlyArray<string>) {
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => spawn(file, args, { stdio: ["ignore", "pipe", "pipe"] })),
    (child) => Effect.sync(() => child.kill("SIGKILL")),
  )
  const events: Array<Event> = []
  const news = yield* Queue.unbounded<Event>()
  let stderr = ""
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
  createInterface(child.stdout).on("line", (line) => {
    const event = JSON.parse(line) as Event
    events.push(event)
    Queue.offerUnsafe(news, event)
  })
  const closed = new Promise<Finished>((resolve) => child.once("close", (code) => resolve({ code, stderr, events })))
  const finished = Effect.tap(
    Effect.promise(() => closed),
    (finished) => Effect.sync(() => assert.notMatch(finished.stderr, /^\s+at |Unhandled|Defect/im)),
  )
  const ended = Effect.flatMap(finished, ({ code, stderr }) =>
    Effect.die(new Error(`the command has ended with ${code} already: ${stderr}`)),
  )
  return {
    until: (wanted) => Queue.take(news).pipe(Effect.repeat({ until: wanted }), Effect.asVoid, Effect.raceFirst(ended)),
    finished,
  } satisfies Running
})

/** The same torrent with an `announce-list`; its first key, so it goes in front. */
const withTrackers = (torrent: Uint8Array, tiers: ReadonlyArray<ReadonlyArray<string>>): Uint8Array => {
  const list = (items: ReadonlyArray<string>) => `l${items.join("")}e`
  const text = (value: string) => `${value.length}:${value}`
  return tiers.length === 0
    ? torrent
    : Buffer.concat([
        Buffer.from(`d${text("announce-list")}${list(tiers.map((tier) => list(tier.map(text))))}`),
        torrent.subarray(1),
      ])
}

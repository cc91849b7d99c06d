/** `unchoke download` as a process of its own, from the sources, watched through the events that it prints. */
import type { Content } from "@unchoke/testkit"
import { Effect, Schema, type Scope } from "effect"
import { NetAddress } from "effect/net"
import { TestClock } from "effect/testing"
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DownloadEvent } from "@unchoke/engine"

export type Command = readonly [file: string, ...args: ReadonlyArray<string>]

/** A command made another that runs it somewhere else, or with less. */
export type Within = (command: Command) => Command

export interface Ended {
  readonly code: number | null
  readonly stderr: string
}

export interface Download {
  readonly pid: number
  /** The pieces that were reported as stored so far. */
  readonly stored: ReadonlySet<number>
  /** Waits until so many are. */
  readonly untilStored: (pieces: number) => Effect.Effect<void>
  readonly interrupt: Effect.Effect<void>
  readonly ended: Effect.Effect<Ended>
}

/** Where Node keeps compiled programs by itself, when asked: half the time of a start. */
const env = { ...process.env, NO_COLOR: "1", NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache") }

const main = join(import.meta.dirname, "../../../packages/cli/src/main.ts")
const toEvent = Schema.decodeUnknownSync(Schema.fromJsonString(DownloadEvent))

export interface Options {
  readonly folder: string
  readonly peers: ReadonlyArray<NetAddress.InetAddress>
  readonly within?: Within
  readonly flags?: ReadonlyArray<string>
}

/** Starts it; it is killed when the scope ends. */
export const start = Effect.fnUntraced(function* (
  content: Content.Content,
  { flags = [], folder, peers, within = (command) => command }: Options,
): Effect.fn.Return<Download, never, Scope.Scope> {
  const torrent = join(yield* temporary, "content.torrent")
  writeFileSync(torrent, content.bytes)
  const named = peers.flatMap((peer) => ["--peer", NetAddress.formatInet(peer)])
  const [file, ...args] = within([
    process.execPath,
    "--conditions=source",
    main,
    "download",
    torrent,
    "--output",
    folder,
    "--no-tracker",
    "--json",
    ...named,
    ...flags,
  ])
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => spawn(file, args, { stdio: ["ignore", "pipe", "pipe"], env })),
    (child) => Effect.sync(() => child.kill("SIGKILL")),
  )
  const stored = new Set<number>()
  let [line, stderr] = ["", ""]
  let ended: Ended | undefined
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const lines = (line + text).split("\n")
    line = lines.pop()!
    for (const line of lines) {
      // The last may be an error rather than an event.
      if (!line.includes('"PieceStored"')) continue
      const event = toEvent(line)
      if (event._tag === "PieceStored") stored.add(event.piece)
    }
  })
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
  child.once("error", (error) => (ended = { code: null, stderr: String(error) }))
  child.once("close", (code) => (ended = { code, stderr }))
  return {
    pid: child.pid!,
    stored,
    untilStored: (pieces) =>
      Effect.andThen(
        until(() => stored.size >= pieces || ended !== undefined),
        Effect.sync(() => {
          if (stored.size < pieces) throw new Error(`it ended with ${stored.size} pieces: ${ended?.stderr}`)
        }),
      ),
    interrupt: Effect.sync(() => child.kill("SIGINT")),
    ended: Effect.map(
      until(() => ended !== undefined),
      () => ended!,
    ),
  }
})

/** Looks again and again: the time is the world's, not the test's. */
const until = (happened: () => boolean) =>
  TestClock.withLive(Effect.repeat(Effect.sleep(5), { until: happened })).pipe(Effect.asVoid)

/** Runs it to its end. */
export const run = (content: Content.Content, options: Options) =>
  Effect.gen(function* () {
    const { ended, stored } = yield* start(content, options)
    return { ...(yield* ended), stored }
  }).pipe(Effect.scoped)

/** A folder that is gone with the scope. */
export const temporary = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "unchoke-faults-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true })),
)

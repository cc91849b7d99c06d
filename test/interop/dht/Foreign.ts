/** Nodes of others' DHTs on loopback. */
import { Effect, Queue, Stream } from "effect"
import { ChildProcess } from "effect/process"
import { fileURLToPath } from "node:url"
import { dirname, join } from "node:path"
import { python, webtorrentModule } from "../Tool.ts"

export interface Foreign {
  readonly port: number
  readonly say: (line: string) => Effect.Effect<void>
  /** The rest of the next line that begins so. */
  readonly hear: (word: string) => Effect.Effect<string>
}

const at = (file: string) => fileURLToPath(new URL(file, import.meta.url))

/** One of libtorrent's at this address, which enters by another one; it ends with the scope. `by` starts it in a network of its own. */
export const libtorrentNode = (address: string, entrance = "", by: By = ([file, ...args]) => [file!, args]) =>
  start(...by([python, at("libtorrent-node.py"), address, "0", entrance]))

/** A command, by another one that starts it. */
export type By = (command: ReadonlyArray<string>) => readonly [string, ReadonlyArray<string>]

/** The same of npm's bittorrent-dht, which comes with webtorrent. */
export const npmNode = (address: string, entrance = "") =>
  start(process.execPath, [
    at("npm-node.mjs"),
    join(dirname(webtorrentModule), "../bittorrent-dht/index.js"),
    address,
    "0",
    entrance,
  ])

const start = Effect.fnUntraced(function* (command: string, args: ReadonlyArray<string>) {
  const input = yield* Queue.unbounded<string>()
  const process = yield* ChildProcess.make(command, args, {
    stdin: Stream.encodeText(Stream.fromQueue(input)),
    forceKillAfter: "2 seconds",
  })
  const heard: Array<string> = []
  yield* process.stdout.pipe(
    Stream.decodeText,
    Stream.splitLines,
    Stream.runForEach((line) => Effect.sync(() => heard.push(line))),
    Effect.ignore,
    Effect.forkScoped,
  )
  const hear = (word: string) =>
    Effect.sync(() => {
      const index = heard.findIndex((line) => line.startsWith(`${word} `))
      return index === -1 ? undefined : heard.splice(index, 1)[0]!.slice(word.length + 1)
    }).pipe(
      Effect.delay("50 millis"),
      Effect.repeat({ until: (line) => line !== undefined }),
      Effect.map((line) => line!),
      Effect.timeout("20 seconds"),
      Effect.orDie,
    )
  const say = (line: string) => Effect.asVoid(Queue.offer(input, `${line}\n`))
  return { port: Number(yield* hear("port")), say, hear } satisfies Foreign
})

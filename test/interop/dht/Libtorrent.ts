/** Nodes of libtorrent's DHT on loopback. */
import { Effect, Queue, Stream } from "effect"
import { ChildProcess } from "effect/process"
import { fileURLToPath } from "node:url"
import { python } from "../Tool.ts"

export interface Libtorrent {
  readonly port: number
  readonly say: (line: string) => Effect.Effect<void>
  /** The rest of the next line that begins so. */
  readonly hear: (word: string) => Effect.Effect<string>
}

const script = fileURLToPath(new URL("libtorrent-node.py", import.meta.url))

/** One at this address, which enters by another one; it ends with the scope. */
export const node = Effect.fnUntraced(function* (address: string, entrance = "") {
  const input = yield* Queue.unbounded<string>()
  const process = yield* ChildProcess.make(python, [script, address, "0", entrance], {
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
  return { port: Number(yield* hear("port")), say, hear } satisfies Libtorrent
})

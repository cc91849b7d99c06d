/** Chromium without a window, that is driven by its own protocol (https://chromedevtools.github.io/devtools-protocol). */
import { Effect, FileSystem, Schema } from "effect"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { daemon, ProcessFailed } from "./Process.ts"
import { command } from "./Tool.ts"

export const chromium = command("chromium")

const flags = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-extensions",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  "--mute-audio",
  "--autoplay-policy=no-user-gesture-required",
  "--remote-debugging-port=0",
]

const Pages = Schema.Array(Schema.Struct({ type: Schema.String, webSocketDebuggerUrl: Schema.String }))
const Answer = Schema.fromJsonString(
  Schema.Struct({
    id: Schema.optional(Schema.Int),
    result: Schema.optional(
      Schema.Struct({
        result: Schema.optional(Schema.Struct({ value: Schema.optional(Schema.Unknown) })),
        exceptionDetails: Schema.optional(Schema.Unknown),
      }),
    ),
  }),
)

const failed = (what: string, output: unknown) =>
  new ProcessFailed({ command: "chromium", what, output: JSON.stringify(output) })

/** Its children write there for a moment after it has ended. */
const profileFolder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "unchoke-chromium-"))),
  (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })),
)

/** A page at this address, until the scope closes: what a program in it (which may be a promise) comes to. */
export const open = Effect.fnUntraced(function* (url: string) {
  const fs = yield* FileSystem.FileSystem
  const profile = yield* profileFolder
  const { until } = yield* daemon("chromium", [...flags, `--user-data-dir=${profile}`, url])
  const portFile = join(profile, "DevToolsActivePort")
  yield* until("its debugger", fs.exists(portFile))
  const [port] = (yield* fs.readFileString(portFile)).split("\n")
  const pages = Effect.tryPromise({
    try: async () => Schema.decodeUnknownSync(Pages)(await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()),
    catch: (error) => failed("its pages", String(error)),
  })
  let address = ""
  yield* until(
    "its page",
    Effect.map(pages, (all) => {
      address = all.find(({ type }) => type === "page")?.webSocketDebuggerUrl ?? ""
      return address !== ""
    }),
  )
  const socket = yield* Effect.acquireRelease(
    Effect.sync(() => new WebSocket(address)),
    (socket) => Effect.sync(() => socket.close()),
  )
  yield* Effect.callback<void>((resume) => {
    socket.addEventListener("open", () => resume(Effect.void), { once: true })
  })
  let last = 0
  return (expression: string) =>
    Effect.callback<unknown, ProcessFailed>((resume) => {
      const id = ++last
      const listen = ({ data }: MessageEvent) => {
        const answer = Schema.decodeUnknownSync(Answer)(data)
        if (answer.id !== id) return
        socket.removeEventListener("message", listen)
        resume(
          answer.result?.exceptionDetails === undefined
            ? Effect.succeed(answer.result?.result?.value)
            : Effect.fail(failed(expression, answer.result.exceptionDetails)),
        )
      }
      socket.addEventListener("message", listen)
      const params = { expression, awaitPromise: true, returnByValue: true }
      socket.send(JSON.stringify({ id, method: "Runtime.evaluate", params }))
    })
})

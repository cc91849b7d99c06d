/** A real browser: Chromium without a window, spoken to by its DevTools protocol. It ends, with all that it has written, when the scope does. */
import { Effect, Schema } from "effect"
import { spawn } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { command } from "./Tool.ts"

export interface Page {
  /** The value of an expression of JavaScript, which may be a promise. */
  readonly value: (expression: string) => Effect.Effect<unknown, BrowserFailed>
  /** What was said on the console as a warning or an error, and every exception. */
  readonly complaints: () => ReadonlyArray<string>
  /** As it looks, as a PNG. */
  readonly screenshot: Effect.Effect<Uint8Array, BrowserFailed>
  /** As it is printed, as a PDF. */
  readonly paper: Effect.Effect<Uint8Array, BrowserFailed>
  /** What a screen reader is told: of each element its role and its name. */
  readonly heard: Effect.Effect<ReadonlyArray<{ readonly role: string; readonly name: string }>, BrowserFailed>
  /** As on paper or on a screen, by day or in the dark. */
  readonly shownAs: (media: "screen" | "print", scheme: "light" | "dark") => Effect.Effect<unknown, BrowserFailed>
  /** In a window that is so narrow; one on a desktop is at least 500 pixels wide. */
  readonly narrow: (width: number) => Effect.Effect<unknown, BrowserFailed>
  /** A key that is pressed, such as "Tab" or "Enter". */
  readonly press: (key: string) => Effect.Effect<unknown, BrowserFailed>
}

/** The browser did not do what it was asked for. */
export class BrowserFailed extends Schema.TaggedError<BrowserFailed>()("BrowserFailed", { why: Schema.String }) {
  override get message(): string {
    return this.why
  }
}

const chromium = "chromium"

export const tools = [command(chromium)]

/** A page, once it is loaded. `width` and `height` are those of its window. */
export const open = Effect.fnUntraced(function* (url: string, width = 1200, height = 800) {
  const devTools = yield* started(width, height)
  const { targetId } = yield* devTools.ask("Target.createTarget", { url: "about:blank" })
  const { sessionId } = yield* devTools.ask("Target.attachToTarget", { targetId, flatten: true })
  const ask = (method: string, params: object = {}) => devTools.ask(method, params, sessionId as string)
  for (const domain of ["Page", "Runtime", "Log", "Accessibility"]) yield* ask(`${domain}.enable`)
  const loaded = devTools.happens("Page.loadEventFired")
  yield* ask("Page.navigate", { url })
  yield* loaded
  return {
    value: (expression) =>
      Effect.flatMap(
        ask("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true, userGesture: true }),
        ({ exceptionDetails, result }) =>
          exceptionDetails === undefined
            ? Effect.succeed((result as { readonly value?: unknown }).value)
            : Effect.fail(new BrowserFailed({ why: JSON.stringify(exceptionDetails) })),
      ),
    complaints: devTools.complaints,
    screenshot: Effect.map(ask("Page.captureScreenshot"), ({ data }) => Buffer.from(data as string, "base64")),
    paper: Effect.map(ask("Page.printToPDF", { preferCSSPageSize: true }), ({ data }) =>
      Buffer.from(data as string, "base64"),
    ),
    heard: Effect.map(ask("Accessibility.getFullAXTree"), ({ nodes }) =>
      (nodes as ReadonlyArray<AccessibleNode>)
        .filter(({ ignored }) => !ignored)
        .map(({ name, role }) => ({ role: role?.value ?? "", name: name?.value ?? "" })),
    ),
    shownAs: (media, scheme) =>
      ask("Emulation.setEmulatedMedia", { media, features: [{ name: "prefers-color-scheme", value: scheme }] }),
    narrow: (width) =>
      ask("Emulation.setDeviceMetricsOverride", { width, height: 700, deviceScaleFactor: 1, mobile: false }),
    press: (key) =>
      Effect.forEach(["rawKeyDown", ...(key === "Enter" ? ["char"] : []), "keyUp"], (type) =>
        ask("Input.dispatchKeyEvent", {
          type,
          key,
          code: key,
          windowsVirtualKeyCode: key === "Tab" ? 9 : 13,
          ...(type === "char" && { text: "\r" }),
        }),
      ),
  } satisfies Page
})

interface AccessibleNode {
  readonly ignored: boolean
  readonly role?: { readonly value: string }
  readonly name?: { readonly value: string }
}

type Answer = Readonly<Record<string, unknown>>

interface DevTools {
  readonly ask: (method: string, params: object, sessionId?: string) => Effect.Effect<Answer, BrowserFailed>
  readonly happens: (method: string) => Effect.Effect<void, BrowserFailed>
  readonly complaints: () => ReadonlyArray<string>
}

/** Its children write there for a moment after it has ended. */
const profileFolder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "unchoke-browser-"))),
  (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })),
)

const started = Effect.fnUntraced(function* (width: number, height: number) {
  const profile = yield* profileFolder
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(
        chromium,
        [
          "--headless=new",
          "--no-sandbox",
          "--disable-gpu",
          "--disable-dev-shm-usage",
          "--no-first-run",
          "--mute-audio",
          "--disable-extensions",
          "--disable-component-update",
          "--disable-sync",
          "--disable-background-networking",
          "--autoplay-policy=no-user-gesture-required",
          "--no-proxy-server",
          "--remote-debugging-port=0",
          `--user-data-dir=${profile}`,
          `--window-size=${width},${height}`,
          "about:blank",
        ],
        { stdio: ["ignore", "ignore", "pipe"] },
      ),
    ),
    (child) =>
      Effect.callback<void>((resume) => {
        if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
        child.once("exit", () => resume(Effect.void))
        child.kill("SIGKILL")
      }),
  )
  const address = yield* Effect.callback<string, BrowserFailed>((resume) => {
    const said: Array<string> = []
    child.once("error", (error) => resume(new BrowserFailed({ why: error.message })))
    child.once("exit", () => resume(new BrowserFailed({ why: `chromium ended: ${said.slice(-10).join("\n")}` })))
    createInterface(child.stderr).on("line", (line) => {
      said.push(line)
      const found = /^DevTools listening on (ws:.*)$/.exec(line)
      if (found !== null) resume(Effect.succeed(found[1]!))
    })
  })
  const socket = yield* Effect.acquireRelease(
    Effect.sync(() => new WebSocket(address)),
    (socket) => Effect.sync(() => socket.close()),
  )
  yield* Effect.callback<void, BrowserFailed>((resume) => {
    socket.addEventListener("open", () => resume(Effect.void), { once: true })
    socket.addEventListener("error", () => resume(new BrowserFailed({ why: "no DevTools" })), { once: true })
  })
  return devToolsOver(socket)
})

const devToolsOver = (socket: WebSocket): DevTools => {
  let id = 0
  const asked = new Map<number, (answer: Answer) => void>()
  const awaited = new Map<string, Set<() => void>>()
  const complaints: Array<string> = []
  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(String(data)) as Answer & { readonly id?: number; readonly method?: string }
    if (message.id !== undefined) {
      asked.get(message.id)?.(message)
      asked.delete(message.id)
    }
    if (message.method === undefined) return
    if (isComplaint(message.method, message["params"])) complaints.push(JSON.stringify(message["params"]))
    for (const resume of awaited.get(message.method) ?? []) resume()
  })
  return {
    complaints: () => complaints,
    ask: (method, params, sessionId) =>
      Effect.callback<Answer, BrowserFailed>((resume) => {
        asked.set(++id, ({ error, result }) =>
          resume(
            error === undefined
              ? Effect.succeed(result as Answer)
              : Effect.fail(new BrowserFailed({ why: `${method}: ${JSON.stringify(error)}` })),
          ),
        )
        socket.send(JSON.stringify({ id, method, params, ...(sessionId !== undefined && { sessionId }) }))
      }),
    happens: (method) => {
      const resumes = awaited.get(method) ?? new Set()
      awaited.set(method, resumes)
      // From now on, also where nobody waits for it yet.
      const happened = new Promise<void>((resume) => resumes.add(resume))
      return Effect.promise(() => happened)
    },
  }
}

const isComplaint = (method: string, params: unknown): boolean => {
  if (method === "Runtime.exceptionThrown") return true
  if (method === "Runtime.consoleAPICalled") return ["warning", "error"].includes((params as { type: string }).type)
  return (
    method === "Log.entryAdded" && ["warning", "error"].includes((params as { entry: { level: string } }).entry.level)
  )
}

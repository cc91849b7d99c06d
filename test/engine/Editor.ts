/** What an editor shows of a program: TypeScript's own language server is asked, over its standard input and output. */
import { Effect, type Scope } from "effect"
import { type ChildProcessByStdio, spawn } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Readable, Writable } from "node:stream"
import { pathToFileURL } from "node:url"

const root = join(import.meta.dirname, "../..")

/** Below the root, so that the program finds what it imports: the declaration files of `dist`. */
const folder = join(root, ".tsbuild/editor")

/** Names are looked at where this is before them. */
export const here = "/*here*/"

interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: { readonly items?: ReadonlyArray<unknown> }
  readonly result?: { readonly contents?: { readonly value?: string } } | null
}

class Server {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>
  readonly #waiting = new Map<number, (message: Message) => void>()
  #read: Buffer = Buffer.alloc(0)
  #asked = 0

  constructor() {
    const tsc = join(root, "node_modules/typescript/bin/tsc")
    this.#process = spawn(process.execPath, [tsc, "--lsp", "--stdio"], {
      cwd: folder,
      stdio: ["pipe", "pipe", "ignore"],
    })
    this.#process.stdout.on("data", (chunk: Buffer) => {
      this.#read = Buffer.concat([this.#read, chunk])
      for (let message = this.#next(); message !== undefined; message = this.#next()) this.#hear(message)
    })
  }

  ask(method: string, params: object): Promise<Message> {
    const id = ++this.#asked
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve)
      this.tell({ id, method, params })
    })
  }

  tell(message: object): void {
    const text = JSON.stringify({ jsonrpc: "2.0", ...message })
    this.#process.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`)
  }

  kill(): void {
    this.#process.kill()
  }

  #next(): Message | undefined {
    const end = this.#read.indexOf("\r\n\r\n")
    if (end < 0) return undefined
    const length = Number(/content-length: (\d+)/i.exec(this.#read.toString("latin1", 0, end))![1])
    if (this.#read.length < end + 4 + length) return undefined
    const text = this.#read.toString("utf8", end + 4, end + 4 + length)
    this.#read = this.#read.subarray(end + 4 + length)
    return JSON.parse(text) as Message
  }

  #hear({ id, method, params, result }: Message): void {
    if (id === undefined) return
    // It asks for settings, and there are none.
    if (method !== undefined) this.tell({ id, result: params?.items?.map(() => null) ?? null })
    else this.#waiting.get(id)?.({ ...(result !== undefined && { result }) })
  }
}

/** What is said of each name in the program that `here` stands before, without its type: empty where that is nothing. */
export const shown = (program: string): Effect.Effect<ReadonlyArray<string>, never, Scope.Scope> =>
  Effect.gen(function* () {
    mkdirSync(folder, { recursive: true })
    const file = join(folder, "program.ts")
    writeFileSync(file, program)
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({
        extends: "../../tsconfig.base.json",
        compilerOptions: { noEmit: true, composite: false },
        include: ["*.ts"],
      }),
    )
    const { href: uri } = pathToFileURL(file)
    const server = yield* Effect.acquireRelease(
      Effect.sync(() => new Server()),
      (server) => Effect.sync(() => server.kill()),
    )
    const hover = { contentFormat: ["markdown"] }
    const begin = {
      processId: process.pid,
      rootUri: pathToFileURL(folder).href,
      capabilities: { textDocument: { hover } },
    }
    yield* Effect.promise(() => server.ask("initialize", begin))
    server.tell({ method: "initialized", params: {} })
    const textDocument = { uri, languageId: "typescript", version: 1, text: program }
    server.tell({ method: "textDocument/didOpen", params: { textDocument } })
    const places = program.split("\n").flatMap((text, line) => {
      const at = text.indexOf(here)
      return at < 0 ? [] : [{ line, character: at + here.length }]
    })
    const shownAt = (position: object) =>
      Effect.map(
        Effect.promise(() => server.ask("textDocument/hover", { textDocument: { uri }, position })),
        ({ result }) => (result?.contents?.value ?? "").replaceAll(/```[\s\S]*?```/g, "").trim(),
      )
    return yield* Effect.forEach(places, shownAt, { concurrency: "unbounded" })
  })

/**
 * A server for files on this machine alone.
 *
 * Invariants: it listens on the loopback address; who asks for it by another name (a page whose name was made to lead here) is refused; when the scope ends nobody is waited for.
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Effect, type Scope } from "effect"
import { createServer } from "node:http"
import { ListenFailed } from "@unchoke/engine"
import { bindReason } from "../bindReason.ts"
import { fileApp } from "./FileApp.ts"
import { pathOf, type ServedFile } from "./ServedFile.ts"

export { isPlayable, mediaType } from "./mediaType.ts"
export type { ServedFile } from "./ServedFile.ts"

const host = "127.0.0.1"

/** So many connections at once: a player has two or three. */
const mostConnections = 256

export interface FileServer {
  /** Where the list of the files is. */
  readonly url: string
  /** Where one of them is. */
  readonly urlOf: (file: ServedFile) => string
}

/** Serves the files at this port (0: any that is free) until the scope ends. */
export const serve = Effect.fnUntraced(function* (
  title: string,
  files: ReadonlyArray<ServedFile>,
  port: number,
): Effect.fn.Return<FileServer, ListenFailed, Scope.Scope> {
  // Nothing is sent to us that takes long.
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000 })
  server.maxConnections = mostConnections
  const http = yield* NodeHttpServer.make(() => server, { host, port, disablePreemptiveShutdown: true }).pipe(
    Effect.mapError(({ cause }) => new ListenFailed({ ports: [port], reason: bindReason(cause as Error), cause })),
  )
  const bound = http.address as { readonly port: number }
  const names = new Set([host, "localhost"].map((name) => (bound.port === 80 ? name : `${name}:${bound.port}`)))
  const isUs = (host: string) => names.has(host.toLowerCase())
  yield* http.serve(fileApp({ title, files, isUs }))
  yield* Effect.addFinalizer(() => Effect.sync(() => server.closeAllConnections()))
  const url = `http://${host}:${bound.port}`
  return { url: `${url}/`, urlOf: (file) => url + pathOf(file) }
})

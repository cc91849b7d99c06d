/**
 * Metrics for whoever asks at a port.
 *
 * Loaded only where it is wanted. It cannot end, hold up or spoil the command: a port that is taken is told, once.
 */
import { Effect, Layer } from "effect"
import { PrometheusMetrics } from "effect/observability"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { inWords } from "../torrentFile.ts"
import * as Screen from "../Screen.ts"

/** Answers as long as the scope, to this machine alone. */
export const scrapedAt = (port: number): Layer.Layer<never, never, Screen.Screen> =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const { note } = yield* Screen.Screen
      const context = yield* Effect.context<never>()
      const server = createServer((request, response) => answer(request, response, context))
      const bound = yield* Effect.acquireRelease(
        Effect.callback<AddressInfo, NodeJS.ErrnoException>((resume) => {
          server.once("error", (error) => resume(Effect.fail(error)))
          server.listen({ host: "127.0.0.1", port }, () => resume(Effect.succeed(server.address() as AddressInfo)))
        }),
        () =>
          Effect.sync(() => {
            server.close()
            server.closeAllConnections()
          }),
      )
      if (port === 0) yield* note(`Metrics are at http://127.0.0.1:${bound.port}/metrics`)
      server.on("error", () => {})
    }).pipe(
      Effect.catch((error) =>
        Screen.Screen.use(({ err, note }) =>
          note(
            `${err.yellow("No metrics")}: ${error.code === "EADDRINUSE" ? `port ${port} is taken` : (inWords(error) ?? error.message)}. All else goes on; --metrics 0 takes a port that is free.`,
          ),
        ),
      ),
    ),
  )

/** How a program of this machine calls it. A web page elsewhere whose name leads here would call it by that name. */
const ownNames = /^(?:127\.0\.0\.1|localhost)(?::\d+)?$/i

const answer = (
  { headers, method, url }: IncomingMessage,
  response: ServerResponse,
  context: Parameters<typeof PrometheusMetrics.formatUnsafe>[0],
) => {
  const isAsked = url?.split("?")[0] === "/metrics" && (method === "GET" || method === "HEAD")
  if (!ownNames.test(headers.host ?? "")) return response.writeHead(403).end()
  if (!isAsked) return response.writeHead(404).end("Metrics are at /metrics.\n")
  response.setHeader("content-type", "text/plain; version=0.0.4; charset=utf-8")
  return response.end(method === "HEAD" ? undefined : PrometheusMetrics.formatUnsafe(context))
}

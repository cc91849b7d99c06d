/**
 * Where traces, metrics and logs go: to a collector that is sent them, or to whoever asks at a port.
 *
 * Loaded only where it is wanted. Neither can end, hold up or spoil the command: a collector that cannot be reached and a port that is taken are told, once.
 */
import { NodeTrackerHttp } from "@unchoke/node"
import { Self } from "@unchoke/engine/internal"
import { Duration, Effect, Layer, References } from "effect"
import { HttpClient } from "effect/http"
import { Otlp, PrometheusMetrics } from "effect/observability"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { safe } from "./render/text.ts"
import { inWords } from "./torrentFile.ts"
import * as Screen from "./Screen.ts"

/** So long the end of the command waits for the last of it to be taken. */
const farewell = Duration.seconds(2)

/** Everything goes to the collector, the verdicts on peers included; nothing of it is printed. */
export const collectedAt = (url: string): Layer.Layer<never, never, Screen.Screen> =>
  Layer.merge(
    Layer.succeed(References.MinimumLogLevel, "Debug"),
    Otlp.layerJson({
      baseUrl: url,
      resource: { serviceName: "unchoke", serviceVersion: Self.version },
      loggerMergeWithExisting: false,
      tracerExportInterval: Duration.seconds(1),
      loggerExportInterval: Duration.seconds(1),
      shutdownTimeout: farewell,
    }).pipe(Layer.provide(telling(url)), Layer.provide(NodeTrackerHttp.layer({}))),
  ) as Layer.Layer<never, never, Screen.Screen>

/** The client, which tells of its first failure. Of the address, the host is told: the rest may be a secret. */
const telling = (url: string) =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.gen(function* () {
      const { err, note } = yield* Screen.Screen
      let isTold = false
      const tell = (why: string) =>
        Effect.suspend(() => {
          if (isTold) return Effect.void
          isTold = true
          return note(`${err.yellow("No telemetry")}: the collector at ${safe(new URL(url).host)}: ${why}.`)
        })
      return (yield* HttpClient.HttpClient).pipe(
        HttpClient.tapError(({ cause }) => tell(inWords(cause) ?? "what answers there is no collector")),
        HttpClient.tap(({ status }) => (status >= 400 ? tell(`it answered with HTTP status ${status}`) : Effect.void)),
      )
    }),
  )

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

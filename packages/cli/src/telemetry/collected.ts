/**
 * Traces, metrics and logs go to a collector.
 *
 * Loaded only where it is wanted. It cannot end, hold up or spoil the command: a collector that cannot be reached is told, once.
 */
import { Self } from "@unchoke/engine/internal"
import { Duration, Effect, Layer, References } from "effect"
import { HttpClient } from "effect/http"
import { Otlp } from "effect/observability"
import { safe } from "../render/text.ts"
import { inWords } from "../torrentFile.ts"
import * as Screen from "../Screen.ts"

/** So long the end of the command waits for the last of it to be taken. */
const farewell = Duration.seconds(2)

/** Everything goes to the collector, and nothing of it is printed. What became of each peer is told by its span, and not by a line of the log as well. */
export const collectedAt = (url: string): Layer.Layer<never, never, Screen.Screen> =>
  Layer.merge(
    Layer.succeed(References.MinimumLogLevel, "Info"),
    Otlp.layerJson({
      baseUrl: baseOf(url),
      resource: { serviceName: "unchoke", serviceVersion: Self.version },
      loggerMergeWithExisting: false,
      tracerExportInterval: Duration.seconds(1),
      loggerExportInterval: Duration.seconds(1),
      shutdownTimeout: farewell,
    }).pipe(Layer.provide(telling(url)), Layer.provide(clientFor(url))),
  ) as Layer.Layer<never, never, Screen.Screen>

/** Where all kinds of telemetry go below: also of who gives the address of one of them. */
const baseOf = (url: string): string => url.replace(/\/v1\/(traces|metrics|logs)\/*$/, "").replace(/\/+$/, "")

/** One that looks at certificates is loaded only where there are some. */
const clientFor = (url: string) =>
  Layer.unwrap(
    Effect.map(
      Effect.promise(() => (/^https:/i.test(url) ? import("./overTls.ts") : import("./post.ts"))),
      ({ layer }) => layer,
    ),
  )

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
        // It is interrupted at the end of the command, when that waits no longer.
        HttpClient.transformResponse(Effect.onInterrupt(() => tell("no answer"))),
        HttpClient.tapError(({ cause }) => tell(inWords(cause) ?? "what answers there is no collector")),
        HttpClient.tap(({ status }) => (status >= 400 ? tell(`it answered with HTTP status ${status}`) : Effect.void)),
      )
    }),
  )

/**
 * Where the time goes: spans, metrics and logs of a download, below a span of one's own, sent to an OpenTelemetry collector.
 *
 *     node examples/tracing.ts ubuntu.torrent ~/Downloads http://127.0.0.1:4318 [127.0.0.1:6881 …]
 */
import { Console, Effect, Layer, Logger, Metric, Stream } from "effect"
import { FetchHttpClient } from "effect/http"
import { NetAddress } from "effect/net"
import { Otlp } from "effect/observability"
import { readFile } from "node:fs/promises"
import { Metrics, NodeUnchoke, Torrent, Unchoke } from "unchoke"

const [file = "", folder = ".", collector = "http://127.0.0.1:4318", ...peers] = process.argv.slice(2)

const program = Effect.gen(function* () {
  const unchoke = yield* Unchoke
  const torrent = yield* Torrent.fromBytes(yield* Effect.promise(() => readFile(file)))
  const events = unchoke.download(torrent, {
    folder,
    peers: peers.map(NetAddress.inetAddressFromStringUnsafe),
    strategy: "race",
  })
  // The download's span is below this one, and all that it does below the download's.
  yield* Stream.runDrain(events).pipe(Effect.withSpan("fetch the film", { attributes: { requestedBy: "me" } }))
  const { count } = yield* Metric.value(Metrics.received)
  yield* Console.log(`${count} bytes; who gave them, and what each piece took, is at ${collector}`)
})

// What is logged goes to the collector as well, and nowhere else.
const telemetry = Otlp.layerJson({
  baseUrl: collector,
  resource: { serviceName: "film-fetcher" },
  loggerMergeWithExisting: false,
}).pipe(Layer.provide(FetchHttpClient.layer), Layer.provide(Logger.layer([])))

await Effect.runPromise(program.pipe(Effect.provide(NodeUnchoke.layer), Effect.provide(telemetry)))

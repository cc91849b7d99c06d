// A program that has the engine in it: node unchoke-embedded.mjs TORRENT FOLDER [COLLECTOR]. With a collector everything goes there: spans, metrics, logs.
import { Effect, Layer, Logger, References, Stream } from "effect"
import { Otlp } from "effect/observability"
import { NodeUnchoke, Torrent, Unchoke } from "unchoke"

const [torrent, folder, collector] = process.argv.slice(2)

const program = Effect.gen(function* () {
  const unchoke = yield* Unchoke
  yield* Stream.runDrain(unchoke.download(yield* Torrent.fromFile(torrent), { folder }))
}).pipe(Effect.withSpan("embedding program"))

const telemetry =
  collector === undefined
    ? Layer.empty
    : Otlp.layerJson({
        baseUrl: collector,
        resource: { serviceName: "embedding-program" },
        loggerMergeWithExisting: false,
        tracerExportInterval: "1 second",
        loggerExportInterval: "1 second",
      }).pipe(Layer.provide(NodeUnchoke.layerHttp))

await Effect.runPromise(
  program.pipe(
    Effect.provide(NodeUnchoke.layer),
    Effect.provide(telemetry),
    Effect.provideService(References.MinimumLogLevel, "Debug"),
    // What is told is told to the collector.
    Effect.provide(collector === undefined ? Logger.layer([]) : Layer.empty),
  ),
)

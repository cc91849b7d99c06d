/** The engine over TCP, files, and trackers by HTTP and UDP. */
import { NodeDialer, NodePieceStore } from "@unchoke/node"
import { Effect, Layer } from "effect"
import { Tracker, Unchoke } from "unchoke"

export const layer: Layer.Layer<Unchoke> = Unchoke.layer.pipe(
  Layer.provide([NodeDialer.layer, NodePieceStore.layer, Layer.succeed(Tracker)({ announce: () => Effect.never })]),
)

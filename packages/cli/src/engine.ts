/** The engine on this machine. Only commands that need it load it: sockets, disks and trackers are most of the program. */
import { Effect, Layer } from "effect"
import type { Unchoke } from "unchoke"

export const engine: Layer.Layer<Unchoke> = Layer.unwrap(
  Effect.map(
    Effect.promise(() => import("./nodeEngine.ts")),
    ({ layer }) => layer,
  ),
)

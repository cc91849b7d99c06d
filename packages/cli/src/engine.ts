/** The engine on this machine. Only commands that need it load it: sockets, disks and trackers are most of the program. */
import type { NodeUnchoke } from "@unchoke/node"
import { Effect, Layer } from "effect"
import type { Unchoke } from "@unchoke/engine"

export const engineWith = (options: Parameters<typeof NodeUnchoke.layerWith>[0]): Layer.Layer<Unchoke> =>
  Layer.unwrap(
    Effect.map(
      Effect.promise(() => import("./nodeEngine.ts")),
      ({ NodeUnchoke }) => NodeUnchoke.layerWith(options),
    ),
  )

export const engine = engineWith({})

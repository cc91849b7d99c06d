/** What `NodeDht` loads late: a node of the DHT over UDP sockets and the system's resolver, which remembers whom it knew. */
import { type Dht, make as makeDht } from "@unchoke/dht"
import { Duration, Effect, Layer, type Scope } from "effect"
import { randomBytes } from "node:crypto"
import * as DhtFile from "./DhtFile.ts"
import * as NodeDatagrams from "./NodeDatagrams.ts"
import type { NodeDhtOptions } from "./NodeDht.ts"
import * as NodeResolver from "./NodeResolver.ts"

/** Whom we know is written down this often: a program that is killed has not lived for nothing. */
const saveInterval = Duration.minutes(5)

/** Who has met fewer nodes than this knows less than what it remembers. */
const worthKeeping = 8

export const make = Effect.fnUntraced(function* (
  options: NodeDhtOptions,
): Effect.fn.Return<Dht["Service"], never, Scope.Scope> {
  const isNamed = options.nodes !== undefined || options.routers !== undefined
  const file = "file" in options ? options.file : isNamed ? undefined : DhtFile.usual()
  const snapshot = file === undefined ? undefined : yield* DhtFile.read(file)
  const dht = yield* makeDht({ ...options, random: randomBytes, snapshot }).pipe(
    Effect.provide(Layer.merge(NodeDatagrams.layer, NodeResolver.layer)),
  )
  if (file !== undefined) {
    const save = Effect.gen(function* () {
      const known = (yield* dht.status).reduce((sum, { nodes }) => sum + nodes, 0)
      if (known >= worthKeeping || snapshot === undefined) yield* DhtFile.write(file, yield* dht.snapshot)
    })
    yield* Effect.addFinalizer(() => save)
    yield* Effect.forkScoped(Effect.forever(Effect.delay(save, saveInterval)))
  }
  return dht
})

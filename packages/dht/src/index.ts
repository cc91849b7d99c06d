/**
 * The mainline DHT (BEP 5, 32, 33, 42, 43, 51): peers by info hash, over IPv4 and IPv6. It knows nothing of the engine.
 *
 * ```ts
 * import { Dht, layer } from "@unchoke/dht"
 * import { NodeDatagrams } from "@unchoke/node"
 * import { Console, Effect, Layer, Stream } from "effect"
 * import { randomBytes } from "node:crypto"
 *
 * const program = Effect.gen(function* () {
 *   const dht = yield* Dht
 *   yield* Stream.runForEach(dht.findOnce(randomBytes(20)), (peers) => Console.log(peers.length))
 * })
 *
 * export const run = Effect.provide(program, Layer.provide(layer({ random: randomBytes }), NodeDatagrams.layer))
 * ```
 */
export { Datagrams, NoSocket, type Socket } from "./Datagrams.ts"
export { Dht, type FamilyStatus, layer, make } from "./Dht.ts"
export type { DhtOptions, FindOptions, Found } from "./DhtOptions.ts"
export { DhtFailed } from "./DhtFailed.ts"
export { usualRouters } from "./routers.ts"

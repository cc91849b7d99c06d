/**
 * The front door: the engine, and all that it needs of Node in one layer.
 *
 * ```ts
 * import { Console, Effect, Stream } from "effect"
 * import { MagnetLink, NodeUnchoke, Unchoke } from "unchoke"
 *
 * const program = Effect.gen(function* () {
 *   const unchoke = yield* Unchoke
 *   const link = yield* Effect.fromResult(MagnetLink.fromString("magnet:?xt=urn:btih:c9e15763f722f23e98a29decdfae341b98d53056"))
 *   yield* Stream.runForEach(unchoke.survey(link, { folder: "." }), (event) => Console.log(event._tag))
 * })
 *
 * await Effect.runPromise(Effect.provide(program, NodeUnchoke.layer))
 * ```
 */
export * from "@unchoke/engine"
export { type CreateOptions, createTorrent, NodeUnchoke } from "@unchoke/node"
export { MagnetLink } from "@unchoke/protocol"

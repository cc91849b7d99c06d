/** Connections over a network in memory are sockets like any other, for who dials and for who accepts. */
import { errand, MemoryNetwork } from "@unchoke/testkit"
import { Deferred, Effect, Layer, type Scope } from "effect"
import type { Socket } from "effect/socket"
import { Dialer, type Incoming, Listener } from "@unchoke/engine"
import { remote } from "./memory.ts"
import type { Connected, SocketAdapter } from "./SocketAdapter.ts"
import { socketCompliance } from "./socket.ts"

const buffer = 65_536

/** Two nodes: one listens at port 1, the other has a socket that will dial it. */
const twoNodes = Effect.gen(function* () {
  const network = yield* MemoryNetwork.make({ buffer, grain: 1 })
  const one = network.node("10.0.0.1", { up: 100e6, down: 100e6, delay: 1 })
  const two = network.node("10.0.0.2", { up: 100e6, down: 100e6, delay: 1 })
  const accepted = yield* Deferred.make<Socket.Socket>()
  const welcome = ({ socket }: Incoming) => Effect.andThen(Deferred.succeed(accepted, socket), Effect.never)
  const context = yield* Layer.build(two.layer)
  yield* Effect.flatMap(Listener, ({ listen }) => listen([1], welcome)).pipe(Effect.orDie, Effect.provide(context))
  const dial = (port: number) =>
    Effect.flatMap(Dialer, ({ dial }) => dial(two.at(port), errand)).pipe(Effect.provide(one.layer))
  const reset = Effect.andThen(one.unplug, one.plugIn)
  return { accepted: Deferred.await(accepted), dial, reset, two }
})

const adapter = (connect: Effect.Effect<Connected, never, Scope.Scope>): SocketAdapter => ({
  failsLateWrites: true,
  flood: 16 * buffer,
  refused: Effect.flatMap(twoNodes, ({ dial }) => dial(2)),
  unanswered: Effect.flatMap(twoNodes, ({ dial, two }) => Effect.andThen(two.unplug, dial(1))),
  connect,
})

socketCompliance(
  "MemoryNetwork, dialling",
  adapter(
    Effect.gen(function* () {
      const { accepted, dial, reset } = yield* twoNodes
      return { socket: yield* dial(1), remote: yield* remote(accepted, reset) }
    }),
  ),
)

socketCompliance(
  "MemoryNetwork, accepting",
  adapter(
    Effect.gen(function* () {
      const { accepted, dial, reset } = yield* twoNodes
      const far = yield* remote(dial(1), reset)
      yield* Effect.orDie(far.send(new Uint8Array(0)))
      return { socket: yield* accepted, remote: far }
    }),
  ),
)

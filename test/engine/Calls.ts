/** A `Listener` without a network: the test calls, from any address, and holds the other end. */
import { MemorySocket } from "@unchoke/testkit"
import { Effect, FiberSet, Layer, type Scope } from "effect"
import { NetAddress } from "effect/net"
import { type Incoming, Listener, ListenFailed } from "@unchoke/engine"

/** Calls from this address; `undefined` while nobody listens. */
export type Call = (from: string) => Effect.Effect<MemorySocket.MemorySocket | undefined>

/** How calls reach whoever listens through the layer. `taken`: ports that are in use. */
export const make = Effect.fnUntraced(function* (taken: ReadonlyArray<number> = []): Effect.fn.Return<
  {
    readonly layer: Layer.Layer<Listener>
    readonly call: Call
    /** The port that is listened at. */
    readonly listening: () => number | undefined
    /** Connections that are not closed yet. */
    readonly open: () => number
  },
  never,
  Scope.Scope
> {
  let welcomed: ((incoming: Incoming) => void) | undefined
  let listening: number | undefined
  let open = 0
  const listen: Listener["Service"]["listen"] = Effect.fnUntraced(function* (ports, welcome) {
    const port = ports.find((port) => !taken.includes(port))
    if (port === undefined) return yield* new ListenFailed({ ports, reason: "in use" })
    const run = yield* FiberSet.makeRuntime()
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        listening = port
        welcomed = (incoming) => {
          open++
          // Whoever was not listened to is hung up on as well.
          const closed = Effect.ignore(Effect.scoped(incoming.socket.reader))
          run(
            Effect.scoped(welcome(incoming)).pipe(Effect.ensuring(closed), Effect.ensuring(Effect.sync(() => open--))),
          )
        }
      }),
      () => Effect.sync(() => void (listening = welcomed = undefined)),
    )
    return { port }
  })
  return {
    listening: () => listening,
    open: () => open,
    call: Effect.fnUntraced(function* (from) {
      if (welcomed === undefined) return undefined
      const [near, far] = yield* MemorySocket.makePair()
      welcomed({ peer: NetAddress.inetAddressFromStringUnsafe(from), socket: near })
      return far
    }),
    layer: Layer.succeed(Listener, { listen }),
  }
})

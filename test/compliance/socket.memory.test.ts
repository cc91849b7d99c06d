/** The testkit's pair of sockets in memory is a socket like any other, with small buffers and however its bytes are cut. */
import { MemorySocket } from "@unchoke/testkit"
import { Effect, Exit, Scope } from "effect"
import { Socket } from "effect/socket"
import type { Remote, SocketAdapter } from "./SocketAdapter.ts"
import { socketCompliance } from "./socket.ts"

const adapter = (options: MemorySocket.Options): SocketAdapter => ({
  failsLateWrites: true,
  flood: 16 * (options.capacity ?? 65_536),
  refused: Effect.succeed(MemorySocket.refused()),
  unanswered: Effect.succeed(MemorySocket.unanswered),
  connect: Effect.gen(function* () {
    const [socket, far] = yield* MemorySocket.makePair(options)
    return { socket, remote: yield* remote(far) }
  }),
})

const remote = Effect.fnUntraced(function* (far: MemorySocket.MemorySocket) {
  const pull = yield* Effect.orDie(Socket.readerBytes(far))
  const writing = yield* Effect.flatMap(Effect.scope, (parent) => Scope.fork(parent))
  const writer = yield* Scope.provide(far.writer, writing)
  let left: Uint8Array = new Uint8Array(0)
  const self: Remote = {
    send: writer.write,
    receive: Effect.fnUntraced(function* (count) {
      while (left.length < count) {
        const batch = yield* Effect.option(pull)
        if (batch._tag === "None") break
        left = Buffer.concat([left, ...batch.value])
      }
      const taken = new Uint8Array(left.subarray(0, count))
      left = left.subarray(count)
      return taken
    }),
    end: Scope.close(writing, Exit.void),
    reset: far.reset,
    gone: Effect.map(Effect.flip(Effect.forever(pull)), ({ reason }) =>
      reason._tag === "SocketCloseError" ? "ended" : "broken",
    ),
  }
  return self
})

socketCompliance("a socket in memory", adapter({}))

let read = 0
const cut = () => [1, 700, 2, 64, 1][read++ % 5]!
socketCompliance("a socket in memory with its bytes cut apart", adapter({ capacity: 1024, cut }))

/** The testkit's pair of sockets in memory is a socket like any other, with small buffers and however its bytes are cut. */
import { MemorySocket } from "@unchoke/testkit"
import { Effect } from "effect"
import { remote } from "./memory.ts"
import type { SocketAdapter } from "./SocketAdapter.ts"
import { socketCompliance } from "./socket.ts"

const adapter = (options: MemorySocket.Options): SocketAdapter => ({
  failsLateWrites: true,
  flood: 16 * (options.capacity ?? 65_536),
  refused: Effect.succeed(MemorySocket.refused()),
  unanswered: Effect.succeed(MemorySocket.unanswered),
  connect: Effect.gen(function* () {
    const [socket, far] = yield* MemorySocket.makePair(options)
    return { socket, remote: yield* remote(Effect.succeed(far), far.reset) }
  }),
})

socketCompliance("a socket in memory", adapter({}))

let read = 0
const cut = () => [1, 700, 2, 64, 1][read++ % 5]!
socketCompliance("a socket in memory with its bytes cut apart", adapter({ capacity: 1024, cut }))

/** A connection whose encrypted handshake is done is a socket like any other, whichever side we are; and so is one that might have had one. */
import { errand, MemorySocket } from "@unchoke/testkit"
import { Context, Deferred, Effect, Fiber, Scope } from "effect"
import { NetAddress } from "effect/net"
import { Socket } from "effect/socket"
import { Dialer, Encryption } from "@unchoke/engine"
import { remote } from "./memory.ts"
import type { SocketAdapter } from "./SocketAdapter.ts"
import { socketCompliance } from "./socket.ts"

const somebody = NetAddress.inetAddressFromStringUnsafe("203.0.113.1:6881")

/** One side of a handshake: the socket over another, which says when it has come to an agreement. */
type Side = (socket: Socket.Socket, agreed: () => void) => Effect.Effect<Socket.Socket>

const dials =
  (policy: Encryption.Policy): Side =>
  (near, agreed) => {
    let calls = 0
    const dialer = Dialer.of({ dial: () => Effect.succeed(calls++ === 0 ? near : MemorySocket.refused()) })
    return Context.get(Encryption.over(policy, Context.make(Dialer, dialer)), Dialer).dial(somebody, {
      ...errand,
      tell: ({ encrypted }) => encrypted === "rc4" && agreed(),
    })
  }

const answers: Side = (socket, agreed) =>
  Effect.sync(() =>
    Encryption.answered(socket, { find: () => errand.infoHash, select: ["rc4"], required: true, agreed }),
  )

const adapter = (options: MemorySocket.Options, ours: Side, theirs: Side): SocketAdapter => ({
  failsLateWrites: true,
  flood: 16 * (options.capacity ?? 65_536),
  refused: ours(MemorySocket.refused(), () => {}),
  unanswered: ours(MemorySocket.unanswered, () => {}),
  connect: Effect.gen(function* () {
    const scope = yield* Effect.scope
    const [near, far] = yield* MemorySocket.makePair(options)
    const agreements = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
    const [here, there] = agreements.map((agreement) => () => Deferred.doneUnsafe(agreement, Effect.void))
    const socket = yield* ours(near, here!)
    const other = yield* theirs(far, there!)
    const opened = yield* Deferred.make<Socket.Reader>()
    const reader = Effect.gen(function* () {
      const reader = yield* socket.reader
      const otherReader = yield* Effect.orDie(Scope.provide(other.reader, scope))
      // Whoever reads begins. What they wait for does not come yet.
      const reading = yield* Effect.forEach([reader, otherReader], ({ pull }) => Effect.forkChild(pull))
      yield* Effect.forEach(agreements, Deferred.await)
      yield* Effect.forEach(reading, Fiber.interrupt)
      yield* Deferred.succeed(opened, otherReader)
      return reader
    })
    return {
      socket: Socket.make({ writer: socket.writer, reader }),
      remote: yield* remote(
        Effect.succeed(Socket.make({ writer: other.writer, reader: Deferred.await(opened) })),
        far.reset,
      ),
    }
  }),
})

socketCompliance("a dialled connection that is encrypted", adapter({}, dials("require"), answers))
socketCompliance("an accepted connection that is encrypted", adapter({}, answers, dials("require")))

let read = 0
const cut = () => [1, 700, 2, 64, 1][read++ % 5]!
const small = { capacity: 1024, cut }
socketCompliance("an encrypted connection with its bytes cut apart", adapter(small, dials("require"), answers))

socketCompliance("a dialled connection that might be encrypted", {
  ...adapter({}, dials("prefer"), answers),
  connect: Effect.gen(function* () {
    const [near, far] = yield* MemorySocket.makePair()
    return { socket: yield* dials("prefer")(near, () => {}), remote: yield* remote(Effect.succeed(far), far.reset) }
  }),
})

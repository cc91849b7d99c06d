/** The other end of a connection in memory, played by the test. */
import { Effect, Exit, Scope } from "effect"
import { Socket } from "effect/socket"
import type { Remote } from "./SocketAdapter.ts"

/** Plays `far`, once there is one. */
export const remote = Effect.fnUntraced(function* (
  far: Effect.Effect<Socket.Socket>,
  reset: Effect.Effect<void>,
): Effect.fn.Return<Remote, never, Scope.Scope> {
  const scope = yield* Effect.scope
  const writing = yield* Scope.fork(scope)
  const ends = yield* Effect.cached(
    Effect.gen(function* () {
      const socket = yield* far
      const pull = yield* Effect.orDie(Scope.provide(Socket.readerBytes(socket), scope))
      return { pull, writer: yield* Scope.provide(socket.writer, writing) }
    }),
  )
  let left: Uint8Array = new Uint8Array(0)
  return {
    send: (bytes) => Effect.flatMap(ends, ({ writer }) => writer.write(bytes)),
    receive: Effect.fnUntraced(function* (count) {
      const { pull } = yield* ends
      while (left.length < count) {
        const batch = yield* Effect.option(pull)
        if (batch._tag === "None") break
        left = Buffer.concat([left, ...batch.value])
      }
      const taken = new Uint8Array(left.subarray(0, count))
      left = left.subarray(count)
      return taken
    }),
    end: Effect.andThen(ends, Scope.close(writing, Exit.void)),
    reset: Effect.andThen(ends, reset),
    gone: Effect.flatMap(ends, ({ pull }) =>
      Effect.map(Effect.flip(Effect.forever(pull)), ({ reason }) =>
        reason._tag === "SocketCloseError" ? ("ended" as const) : ("broken" as const),
      ),
    ),
  }
})

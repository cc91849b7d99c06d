/** A program that listens, says its port, and greets whoever calls. */
import { NodeListener } from "@unchoke/node"
import { Effect } from "effect"
import { Listener } from "@unchoke/engine"

await Effect.gen(function* () {
  const { listen } = yield* Listener
  const { port } = yield* listen([0], ({ socket }) =>
    Effect.gen(function* () {
      const { pull } = yield* socket.reader
      yield* (yield* socket.writer).write("hi")
      yield* Effect.forever(pull)
    }).pipe(Effect.ignore),
  )
  process.stdout.write(`${port}\n`)
  yield* Effect.never
}).pipe(Effect.scoped, Effect.provide(NodeListener.layer), Effect.runPromise)

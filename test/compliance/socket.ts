/** The contract of the socket port, as tests: every adapter passes them (see `Dialer` and `effect/socket`). */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Exit, Fiber, Option, Ref, Schema, Scope } from "effect"
import { Socket } from "effect/socket"
import type { Connected, SocketAdapter } from "./SocketAdapter.ts"

/** Runs the suite on one adapter. */
export const socketCompliance = (name: string, adapter: SocketAdapter): void => {
  describe(`${name}, as a socket`, () => {
    describe("connecting", () => {
      const { refused, unanswered } = adapter
      if (refused !== undefined) {
        it.live("refused is an open error that keeps the errno", () =>
          Effect.gen(function* () {
            const socket = yield* refused
            const reason = yield* reasonOf(Effect.scoped(socket.reader))
            assert.strictEqual(reason._tag, "SocketOpenError")
            assert.deepStrictEqual(codeOf(reason), "ECONNREFUSED")
          }),
        )
      }

      if (unanswered !== undefined) {
        it.live("gives up when interrupted while nobody answers", () =>
          Effect.gen(function* () {
            const socket = yield* unanswered
            const fiber = yield* Effect.forkChild(Effect.scoped(socket.reader))
            yield* Effect.sleep(50)
            assert.isUndefined(fiber.pollUnsafe(), "it has connected to nobody")
            yield* Fiber.interrupt(fiber)
            assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
          }),
        )
      }

      it.live("a write that came before the connection goes out once it stands", () =>
        Effect.gen(function* () {
          const { socket, remote } = yield* adapter.connect
          const writer = yield* socket.writer
          const early = yield* Effect.forkChild(writer.write(bytes(1, 2, 3)))
          yield* Effect.sleep(10)
          yield* socket.reader
          yield* Fiber.join(early)
          assert.deepStrictEqual(yield* remote.receive(3), bytes(1, 2, 3))
        }),
      )
    })

    describe("reading", () => {
      const Cuts = Schema.Array(Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 70_000 })))).pipe(
        Schema.check(Schema.isBetweenLength(1, 12)),
      )
      it.live.prop(
        "the bytes are those that were sent, in order, however they were cut",
        [Cuts],
        ([cuts]) =>
          Effect.scoped(
            Effect.gen(function* () {
              const { socket, remote } = yield* adapter.connect
              const pull = yield* Socket.readerBytes(socket)
              const sent = pattern(cuts.reduce((sum, cut) => sum + cut, 0))
              const sending = Effect.gen(function* () {
                let from = 0
                for (const cut of cuts) {
                  yield* remote.send(sent.subarray(from, from + cut))
                  from += cut
                }
                yield* remote.end
              })
              const [, received] = yield* Effect.all([sending, untilEnd(pull)], { concurrency: 2 })
              assert.isTrue(equal(received, sent))
            }),
          ),
        { arbitrary: { runs: 25 } },
      )

      it.live("a flood arrives complete", () =>
        Effect.gen(function* () {
          const { socket, remote } = yield* adapter.connect
          const pull = yield* Socket.readerBytes(socket)
          const sent = pattern(adapter.flood)
          const sending = yield* Effect.forkChild(Effect.andThen(remote.send(sent), remote.end))
          assert.isTrue(equal(yield* untilEnd(pull), sent))
          yield* Fiber.join(sending)
        }),
      )

      it.live("the end of file fails with code 1000, and does so again", () =>
        Effect.gen(function* () {
          const { socket, remote } = yield* adapter.connect
          const pull = yield* Socket.readerBytes(socket)
          yield* remote.send(bytes(1, 2, 3))
          yield* remote.end
          assert.deepStrictEqual(yield* exactly(pull, 3), bytes(1, 2, 3))
          for (let time = 0; time < 2; time++) {
            const reason = yield* reasonOf(pull)
            assert.isTrue(reason._tag === "SocketCloseError" && reason.code === 1000, String(reason))
          }
        }),
      )

      it.live("bytes that came before the end are read after it", () =>
        Effect.gen(function* () {
          const { socket, remote } = yield* adapter.connect
          const pull = yield* Socket.readerBytes(socket)
          yield* remote.send(pattern(50))
          yield* remote.end
          yield* Effect.sleep(30)
          assert.isTrue(equal(yield* untilEnd(pull), pattern(50)))
        }),
      )

      it.live("a reset fails the pull with a read error, and the next one too", () =>
        Effect.gen(function* () {
          const { socket, remote } = yield* adapter.connect
          const pull = yield* Socket.readerBytes(socket)
          yield* remote.send(bytes(7))
          yield* pull
          const blocked = yield* Effect.forkChild(reasonOf(pull))
          yield* remote.reset
          const reason = yield* Fiber.join(blocked)
          assert.strictEqual(reason._tag, "SocketReadError")
          assert.deepStrictEqual(codeOf(reason), "ECONNRESET")
          yield* reasonOf(pull)
        }),
      )

      it.live("interrupting a pull loses no byte", () =>
        Effect.gen(function* () {
          const { socket, remote } = yield* adapter.connect
          const pull = yield* Socket.readerBytes(socket)
          const received: Array<Uint8Array> = []
          const sending = yield* Effect.forkChild(
            Effect.forEach(Array.from({ length: 40 }), () => Effect.delay(remote.send(pattern(100)), 1)),
          )
          // The pulls are cut off before bytes come, at the moment they come, and after.
          for (let round = 0; sending.pollUnsafe() === undefined; round++) {
            const reading = yield* Effect.forkChild(
              Effect.map(pull, (batch) => {
                for (const chunk of batch) received.push(chunk.slice())
              }),
            )
            if (round % 2 === 0) yield* Effect.yieldNow
            if (round % 3 === 0) yield* Effect.sleep(round % 4)
            yield* Fiber.interrupt(reading)
          }
          yield* remote.end
          received.push(yield* untilEnd(pull))
          assert.isTrue(equal(concat(received), concat(Array.from({ length: 40 }, () => pattern(100)))))
        }),
      )

      it.live("a reader that does not pull stops the sender", () =>
        Effect.gen(function* () {
          const { socket, remote } = yield* adapter.connect
          const pull = yield* Socket.readerBytes(socket)
          const progress = yield* Ref.make(0)
          const sent = pattern(adapter.flood)
          const sending = yield* Effect.forkChild(pieceByPiece(sent, remote.send, progress))
          yield* untilStill(progress)
          assert.isBelow(yield* Ref.get(progress), sent.length)
          assert.isUndefined(sending.pollUnsafe())
          assert.isTrue(equal(yield* exactly(pull, sent.length), sent))
          yield* Fiber.join(sending)
        }),
      )
    })

    describe("writing", () => {
      it.live("arrives complete and in order, single chunks and batches", () =>
        Effect.gen(function* () {
          const { socket, remote } = yield* adapter.connect
          yield* socket.reader
          const writer = yield* socket.writer
          yield* writer.write(bytes(1, 2))
          yield* writer.writeAll([bytes(3), bytes(4, 5), "ab"])
          yield* writer.write("c")
          assert.deepStrictEqual(yield* remote.receive(8), bytes(1, 2, 3, 4, 5, 97, 98, 99))
        }),
      )

      it.live("a peer that does not read stops the writer, and lets it go on when it reads", () =>
        Effect.gen(function* () {
          const { socket, remote } = yield* adapter.connect
          yield* socket.reader
          const writer = yield* socket.writer
          const progress = yield* Ref.make(0)
          const sent = pattern(adapter.flood)
          const writing = yield* Effect.forkChild(pieceByPiece(sent, writer.write, progress))
          yield* untilStill(progress)
          assert.isBelow(yield* Ref.get(progress), sent.length)
          assert.isUndefined(writing.pollUnsafe())
          assert.isTrue(equal(yield* remote.receive(sent.length), sent))
          yield* Fiber.join(writing)
        }),
      )

      it.live("a batch waits for the peer like a single chunk", () =>
        Effect.gen(function* () {
          const { socket, remote } = yield* adapter.connect
          yield* socket.reader
          const writer = yield* socket.writer
          const sent = pattern(adapter.flood)
          const writing = yield* Effect.forkChild(writer.writeAll([sent.subarray(0, 10), sent.subarray(10)]))
          yield* Effect.sleep(50)
          assert.isUndefined(writing.pollUnsafe())
          assert.isTrue(equal(yield* remote.receive(sent.length), sent))
          yield* Fiber.join(writing)
        }),
      )

      it.live("many writers may wait at the same time", () =>
        Effect.gen(function* () {
          const { socket, remote } = yield* adapter.connect
          yield* socket.reader
          const writer = yield* socket.writer
          const part = pattern(adapter.flood / 8)
          const writing = yield* Effect.forkChild(
            Effect.forEach(Array.from({ length: 8 }), () => writer.write(part), { concurrency: 8, discard: true }),
          )
          assert.strictEqual((yield* remote.receive(part.length * 8)).length, part.length * 8)
          yield* Fiber.join(writing)
        }),
      )

      it.live("a reset ends a write that waits for the peer with a write error", () =>
        Effect.gen(function* () {
          const { remote, writing } = yield* blockedWrite(adapter)
          yield* remote.reset
          assert.strictEqual((yield* Fiber.join(writing))._tag, "SocketWriteError")
        }),
      )

      it.live("an interrupted write lets the connection live", () =>
        Effect.gen(function* () {
          const { remote, pull, writing } = yield* blockedWrite(adapter)
          yield* Fiber.interrupt(writing)
          yield* remote.send(bytes(9))
          assert.deepStrictEqual(yield* exactly(pull, 1), bytes(9))
        }),
      )

      it.live("ending the writer's scope ends our half; the other half goes on", () =>
        Effect.gen(function* () {
          const { socket, remote } = yield* adapter.connect
          const pull = yield* Socket.readerBytes(socket)
          yield* Effect.scoped(Effect.flatMap(socket.writer, (writer) => writer.write(bytes(1))))
          assert.deepStrictEqual(yield* remote.receive(2), bytes(1), "one byte, then the end")
          yield* remote.send(bytes(2, 3))
          assert.deepStrictEqual(yield* exactly(pull, 2), bytes(2, 3))
        }),
      )

      it.live("writing after our half has ended is a write error", () =>
        Effect.gen(function* () {
          const { socket } = yield* adapter.connect
          yield* socket.reader
          const late = yield* socket.writer
          yield* Effect.scoped(socket.writer)
          assert.strictEqual((yield* reasonOf(late.write(bytes(1))))._tag, "SocketWriteError")
          if (adapter.failsLateWrites) {
            assert.strictEqual((yield* reasonOf(late.writeAll([bytes(1), bytes(2)])))._tag, "SocketWriteError")
          }
        }),
      )

      if (adapter.failsLateWrites) {
        it.live("writing after a reset is a write error", () =>
          Effect.gen(function* () {
            const { socket, remote } = yield* adapter.connect
            const pull = yield* Socket.readerBytes(socket)
            const writer = yield* socket.writer
            yield* remote.reset
            yield* reasonOf(pull)
            yield* Effect.sleep(10)
            assert.strictEqual((yield* reasonOf(writer.write(bytes(1))))._tag, "SocketWriteError")
          }),
        )

        it.live("closing the reader's scope ends a write that waits for the peer", () =>
          Effect.gen(function* () {
            const { close, writing } = yield* blockedWrite(adapter)
            yield* close
            assert.strictEqual((yield* Fiber.join(writing))._tag, "SocketWriteError")
          }),
        )
      }
    })

    describe("closing", () => {
      it.live("the end of the reader's scope closes the connection", () =>
        Effect.gen(function* () {
          const { socket, remote } = yield* adapter.connect
          yield* Effect.scoped(socket.reader)
          yield* remote.gone
        }),
      )

      it.live("a pull that waits in another fiber fails when the scope closes", () =>
        Effect.gen(function* () {
          const { socket } = yield* adapter.connect
          const scope = yield* Scope.make()
          const pull = yield* Scope.provide(Socket.readerBytes(socket), scope)
          const blocked = yield* Effect.forkChild(reasonOf(pull))
          yield* Effect.sleep(10)
          yield* Scope.close(scope, Exit.void)
          assert.strictEqual((yield* Fiber.join(blocked))._tag, "SocketCloseError")
          assert.strictEqual((yield* reasonOf(pull))._tag, "SocketCloseError")
        }),
      )

      it.live("interrupting whoever reads closes the connection", () =>
        Effect.gen(function* () {
          const { socket, remote } = yield* adapter.connect
          const open = yield* Deferred.make<void>()
          const fiber = yield* Effect.forkChild(
            Effect.scoped(
              Effect.flatMap(socket.reader, ({ pull }) => Effect.andThen(Deferred.succeed(open, undefined), pull)),
            ),
          )
          yield* Deferred.await(open)
          yield* Fiber.interrupt(fiber)
          yield* remote.gone
        }),
      )

      it.live("a close event hangs up", () =>
        Effect.gen(function* () {
          const { socket, remote } = yield* adapter.connect
          const pull = yield* Socket.readerBytes(socket)
          const writer = yield* socket.writer
          yield* writer.write(new Socket.CloseEvent())
          yield* remote.gone
          assert.strictEqual((yield* reasonOf(pull))._tag, "SocketCloseError")
        }),
      )

      it.live("cannot be upgraded, or says why not", () =>
        Effect.gen(function* () {
          const { socket } = yield* adapter.connect
          const reader = yield* socket.reader
          const reason = yield* reasonOf(reader.upgrade({ key: undefined, cert: "no certificate" }))
          assert.strictEqual(reason._tag, "SocketUpgradeError")
        }),
      )
    })
  })
}

/** A connection whose writer waits because the peer does not read. */
const blockedWrite = Effect.fnUntraced(function* (adapter: SocketAdapter) {
  const { socket, remote }: Connected = yield* adapter.connect
  const scope = yield* Effect.flatMap(Effect.scope, (parent) => Scope.fork(parent))
  const pull = yield* Scope.provide(Socket.readerBytes(socket), scope)
  const writer = yield* socket.writer
  const writing = yield* Effect.forkChild(reasonOf(writer.write(pattern(adapter.flood))))
  yield* Effect.sleep(50)
  assert.isUndefined(writing.pollUnsafe(), "the write should wait")
  return { remote, pull, writing, close: Scope.close(scope, Exit.void) }
})

const reasonOf = <A, R>(
  effect: Effect.Effect<A, Socket.SocketError, R>,
): Effect.Effect<Socket.SocketErrorReason, never, R> =>
  Effect.flatMap(Effect.exit(effect), (exit) => {
    if (Exit.isSuccess(exit)) return Effect.die(new Error("should have failed"))
    const error = Cause.findErrorOption(exit.cause)
    return Option.isSome(error)
      ? Effect.succeed(error.value.reason)
      : Effect.failCause(exit.cause as Cause.Cause<never>)
  })

const codeOf = (reason: Socket.SocketErrorReason): unknown =>
  "cause" in reason && reason.cause instanceof Error && "code" in reason.cause ? reason.cause.code : undefined

type Pull = Effect.Effect<ReadonlyArray<Uint8Array>, Socket.SocketError>

/** Chunks are borrowed, so what is kept is copied. */
const untilEnd = Effect.fnUntraced(function* (pull: Pull) {
  const chunks: Array<Uint8Array> = []
  const reason = yield* Effect.flip(
    Effect.forever(
      Effect.map(pull, (batch) => {
        for (const chunk of batch) chunks.push(chunk.slice())
      }),
      { disableYield: true },
    ),
  )
  assert.isTrue(reason.reason._tag === "SocketCloseError" && reason.reason.code === 1000, reason.message)
  return concat(chunks)
})

const exactly = Effect.fnUntraced(function* (pull: Pull, count: number) {
  const all = new Uint8Array(count)
  for (let filled = 0; filled < count;) {
    for (const chunk of yield* pull) {
      all.set(chunk, filled)
      filled += chunk.length
    }
  }
  return all
})

const pieceByPiece = <E>(
  all: Uint8Array,
  send: (part: Uint8Array) => Effect.Effect<void, E>,
  progress: Ref.Ref<number>,
): Effect.Effect<void, E> =>
  Effect.gen(function* () {
    const size = all.length / 256
    for (let from = 0; from < all.length; from += size) {
      const part = all.subarray(from, from + size)
      yield* send(part)
      yield* Ref.update(progress, (sum) => sum + part.length)
    }
  })

/** Waits until a counter has begun to move and has not moved for a while. */
const untilStill = Effect.fnUntraced(function* (progress: Ref.Ref<number>) {
  let last = 0
  for (let quiet = 0; quiet < 5 || last === 0; quiet++) {
    yield* Effect.sleep(20)
    const now = yield* Ref.get(progress)
    if (now !== last) quiet = 0
    last = now
  }
})

const bytes = (...values: Array<number>): Uint8Array => Uint8Array.from(values)

/** Bytes in which a swapped, lost or doubled stretch shows. */
const pattern = (length: number): Uint8Array => {
  const out = new Uint8Array(length)
  for (let i = 0; i < length; i++) out[i] = (i * 31 + (i >>> 8) * 17 + (i >>> 16)) & 0xff
  return out
}

const concat = (chunks: ReadonlyArray<Uint8Array>): Uint8Array => {
  const out = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    out.set(chunk, at)
    at += chunk.length
  }
  return out
}

/** Far quicker than a deep comparison, and a failure does not print megabytes. */
const equal = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && Buffer.compare(a, b) === 0

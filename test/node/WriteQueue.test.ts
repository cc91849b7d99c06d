/** When pieces pile up before a busy disk, they are verified before they reach it; small ones go together while they keep coming. */
import { assert, it } from "@effect/vitest"
import { Content } from "@unchoke/testkit"
import { Effect, Exit, Fiber, Schema } from "effect"
import type { Disk, Reply, Request } from "../../packages/node/src/Disk.ts"
import { PieceBuffers } from "../../packages/node/src/PieceBuffers.ts"
import { PieceSpans } from "../../packages/node/src/PieceSpans.ts"
import { WriteQueue } from "../../packages/node/src/WriteQueue.ts"

const pieceLength = 1 << 20
const content = Content.make({ files: pieceLength * 8, pieceLength })
const { geometry, files } = content.torrent

/** A disk that answers when it is told to; all that it was asked is here, by its pieces. */
const patient = () => {
  const asked: Array<{ readonly pieces: ReadonlyArray<number>; readonly verified: ReadonlyArray<number> }> = []
  const waiting: Array<() => void> = []
  const disk: Disk = {
    submit: (request: Request, done: (reply: Reply) => void) => {
      assert(request.kind === "write")
      const pieces: Array<number> = []
      for (let at = 0; at < request.jobs.length; at += 4 + request.jobs[at + 3]! * 4) pieces.push(request.jobs[at]!)
      asked.push({ pieces, verified: request.verified })
      waiting.push(() => done(pieces.map(() => true)))
    },
  }
  return { asked, disk, answer: () => waiting.shift()?.() }
}

it.effect("only what piles up before a busy disk is verified here, and what is corrupt never reaches it", () =>
  Effect.gen(function* () {
    const { answer, asked, disk } = patient()
    const buffers = new PieceBuffers(pieceLength, geometry.pieces)
    const queue = new WriteQueue(content.torrent, disk, new PieceSpans({ geometry, files }), buffers)
    const write = (piece: number, spoil = false) => {
      const buffer = buffers.lend()!
      buffer.set(Content.piece(content, piece))
      if (spoil) buffer[0]! ^= 1
      return Effect.forkChild(queue.write(piece, buffer), { startImmediately: true })
    }
    const early = [yield* write(0), yield* write(1)]
    const late = [yield* write(2), yield* write(3), yield* write(4)]
    const corrupt = yield* write(5, true)
    assert.strictEqual(yield* Fiber.join(corrupt), "corrupt")
    assert.deepStrictEqual(asked, [
      { pieces: [0], verified: [] },
      { pieces: [1], verified: [] },
    ])
    for (let i = 0; i < 4; i++) answer()
    assert.deepStrictEqual(asked.slice(2), [
      { pieces: [2, 3], verified: [] },
      { pieces: [4], verified: [4] },
    ])
    for (const fiber of [...early, ...late]) assert.strictEqual(yield* Fiber.join(fiber), "stored")
    // All buffers are back.
    assert.isTrue(Array.from({ length: geometry.pieces }, () => buffers.lend()).every((buffer) => buffer !== undefined))
  }),
)

it.effect("what the disk has not begun when it is closed is let go, and nothing more is asked of it", () =>
  Effect.gen(function* () {
    const { answer, asked, disk } = patient()
    const buffers = new PieceBuffers(pieceLength, geometry.pieces)
    const queue = new WriteQueue(content.torrent, disk, new PieceSpans({ geometry, files }), buffers)
    const write = (piece: number) => {
      const buffer = buffers.lend()!
      buffer.set(Content.piece(content, piece))
      return Effect.forkChild(queue.write(piece, buffer), { startImmediately: true })
    }
    const begun = [yield* write(0), yield* write(1)]
    const waiting = [yield* write(2), yield* write(3), yield* write(4)]
    queue.close()
    const late = yield* write(5)
    for (let i = 0; i < 3; i++) answer()
    for (const fiber of begun) assert.strictEqual(yield* Fiber.join(fiber), "stored")
    for (const fiber of [...waiting, late]) assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
    assert.deepStrictEqual(
      asked.flatMap(({ pieces }) => pieces),
      [0, 1],
    )
    assert.isTrue(Array.from({ length: geometry.pieces }, () => buffers.lend()).every((buffer) => buffer !== undefined))
  }),
)

const small = Content.make({ files: 60 << 18, pieceLength: 1 << 18 }).torrent

const turn = Effect.callback<void>((resume) => void setImmediate(() => resume(Effect.void)))

it.live.prop(
  "however small pieces come, each is asked for once; fewer than a MiB only when a turn of the event loop has brought none, and then all that wait",
  { turns: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5 }))).check(Schema.isMaxLength(12)) },
  ({ turns }) =>
    Effect.gen(function* () {
      const { answer, asked, disk } = patient()
      const buffers = new PieceBuffers(1 << 18, small.geometry.pieces)
      const queue = new WriteQueue(small, disk, new PieceSpans(small), buffers)
      const fibers: Array<Fiber.Fiber<unknown, unknown>> = []
      let next = 0
      let quiet = 0
      for (const count of [...turns, 0, 0]) {
        const before = asked.length
        for (let i = 0; i < count; i++) {
          fibers.push(yield* Effect.forkChild(queue.write(next++, buffers.lend()!), { startImmediately: true }))
          answer()
        }
        yield* turn
        answer()
        quiet = count === 0 ? quiet + 1 : 0
        const fresh = asked.slice(before)
        if (quiet === 0) assert.isTrue(fresh.every(({ pieces }) => pieces.length >= 4))
        else if (quiet > 1) assert.strictEqual(asked.flatMap(({ pieces }) => pieces).length, next)
      }
      assert.deepStrictEqual(
        asked.flatMap(({ pieces }) => pieces),
        Array.from({ length: next }, (_, piece) => piece),
      )
      for (const fiber of fibers) assert.strictEqual(yield* Fiber.join(fiber), "stored")
    }),
  { arbitrary: { runs: 40 } },
)

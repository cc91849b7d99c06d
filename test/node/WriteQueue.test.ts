/** When pieces pile up before a busy disk, they are verified before they reach it. */
import { assert, it } from "@effect/vitest"
import { Content } from "@unchoke/testkit"
import { Effect, Fiber } from "effect"
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

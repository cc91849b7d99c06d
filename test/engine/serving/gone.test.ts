/** A file that is changed, or goes, while it is served. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { request, seeding, wait } from "./Stage.ts"

/** Pieces that the disk gives no more. */
const broken = (...pieces: ReadonlyArray<number>) => ({
  has: () => true,
  isGone: (piece: number) => pieces.includes(piece),
})

const wants = { _tag: "Interested" } as const

describe("a piece that the disk gives no more", () => {
  it.live("is refused, told once, and not promised to who comes then", () =>
    seeding({ store: broken(5) }, ({ call, events }) =>
      Effect.gen(function* () {
        const first = yield* call()
        yield* wait(1)
        assert.lengthOf(first.messages("HaveAll"), 1)
        yield* first.say(wants)
        yield* wait(1)
        yield* first.say(request(4), request(5), request(6))
        yield* wait(1)
        assert.deepStrictEqual(
          first.messages("RejectRequest").map(({ piece }) => piece),
          [5],
        )
        assert.sameMembers(
          first.messages("Piece").map(({ piece }) => piece),
          [4, 6],
        )
        assert.deepStrictEqual(
          events("PieceLost").map(({ error, piece }) => [piece, error.reason]),
          [[5, "changed"]],
        )
        const second = yield* call()
        yield* wait(1)
        assert.lengthOf(second.messages("HaveAll"), 0)
        const [said] = second.messages("Bitfield")
        assert.strictEqual(said!.bits[0], 0b1111_1011)
        assert.isFalse(first.ended(), "it can still have all else")
        assert.lengthOf(events("PieceLost"), 1)
      }),
    ),
  )

  it.live("makes nobody ask for it for ever: who does is let go, and may come back to hear the truth", () =>
    seeding({ store: broken(5) }, ({ call, events }) =>
      Effect.gen(function* () {
        const insistent = yield* call()
        yield* insistent.say(wants)
        yield* wait(1)
        yield* insistent.say(request(5))
        yield* wait(1)
        yield* insistent.say(request(5))
        yield* wait(1)
        assert.isTrue(insistent.ended())
        const [left] = events("Left")
        assert.deepInclude(left!.error, { _tag: "Dismissed", reason: "promised too much" })
        const again = yield* call()
        yield* wait(1)
        assert.isFalse(again.ended())
        assert.lengthOf(again.messages("Bitfield"), 1)
      }),
    ),
  )

  it.live("has no refusal without the fast extension: who asked for it is let go", () =>
    seeding({ store: broken(5) }, ({ call, events }) =>
      Effect.gen(function* () {
        const plain = yield* call({ fast: false })
        yield* plain.say(wants)
        yield* wait(1)
        yield* plain.say(request(5))
        yield* wait(2)
        assert.isTrue(plain.ended())
        assert.deepInclude(events("Left")[0]!.error, { _tag: "Dismissed", reason: "promised too much" })
      }),
    ),
  )
})

describe("a file that the disk gives no more", () => {
  const files = [8, 8, 16]
  const within = (from: number, to: number) => (piece: number) => piece >= from && piece < to
  const lost = (isGone: (piece: number) => boolean) =>
    seeding({ files, store: { has: () => true, isGone } }, ({ call, events }) =>
      Effect.gen(function* () {
        const first = yield* call()
        yield* first.say(wants)
        yield* wait(1)
        yield* first.say(request(10))
        yield* wait(1)
        const second = yield* call()
        yield* wait(1)
        assert.isFalse(first.ended(), "it can still have all else")
        return {
          told: events("PieceLost").map(({ piece }) => piece),
          promised: [...(second.messages("Bitfield")[0]?.bits ?? [])],
          nothing: second.messages("HaveNone").length > 0,
        }
      }),
    )
  const all = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index)

  it.live("takes all its pieces with it, at the first of them: nobody new is promised any", () =>
    Effect.gen(function* () {
      const { promised, told } = yield* lost(within(8, 16))
      assert.sameMembers(told, all(8, 16))
      assert.lengthOf(told, 8)
      assert.deepStrictEqual(promised, [0xff, 0, 0xff, 0xff])
    }),
  )

  it.live("has the others looked at, too: a disk may be gone", () =>
    Effect.gen(function* () {
      const { nothing, told } = yield* lost(() => true)
      assert.sameMembers(told, all(0, 32))
      assert.lengthOf(told, 32)
      assert.isTrue(nothing)
    }),
  )

  it.live("leaves its neighbour alone where only a part of it is gone", () =>
    Effect.gen(function* () {
      const { promised, told } = yield* lost(within(10, 12))
      assert.deepStrictEqual(told, [10])
      assert.deepStrictEqual(promised, [0xff, 0b1101_1111, 0xff, 0xff])
    }),
  )
})

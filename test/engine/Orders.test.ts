import { assert, describe, it } from "@effect/vitest"
import { Geometry } from "@unchoke/protocol"
import { Schema } from "effect"
import { Orders } from "@unchoke/engine/internal"
import { OrdersModel } from "../fuzz/oracles/OrdersModel.ts"

const within = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const KiB = 1024

const Length = Schema.Union([
  Schema.Literals([0, 1, 7 * KiB, 16 * KiB, 32 * KiB, 128 * KiB, 128 * KiB + 1, 0xffff_ffff]),
  within(0, 140 * KiB),
])
const Begin = Schema.Union([Schema.Literals([0, 16 * KiB, 32 * KiB, 96 * KiB, 0xffff_ffff]), within(0, 140 * KiB)])
const Range = Schema.Struct({ piece: within(0, 4), begin: Begin, length: Length })
const Op = Schema.TaggedUnion({
  Take: { range: Range },
  /** The blocks of the torrent, one after the other. */
  TakeMany: { from: within(0, 600), count: within(1, 300) },
  Cancel: { range: Range },
  /** The nth of those that are here. */
  CancelHeld: { nth: within(0, 500) },
  Next: { most: within(0, 2000 * KiB) },
  Choke: {},
  Unchoke: {},
  AllowFast: { piece: within(0, 4) },
})

/** Three pieces and a short one, of which we lack the third. */
const geometry = Geometry.make(4096 * KiB, 3 * 4096 * KiB + 100 * KiB + 1)
const has = new Set([0, 1, 3])
const blocks = Array.from({ length: geometry.pieces }, (_, piece) =>
  Array.from({ length: Geometry.blocksIn(geometry, piece) }, (_, block) => ({
    piece,
    begin: block * Geometry.blockSize,
    length: Geometry.blockLength(geometry, piece, block),
  })),
).flat()

const both = () => ({
  orders: new Orders({ geometry, has: (piece) => has.has(piece) }),
  model: new OrdersModel(
    Array.from({ length: geometry.pieces }, (_, piece) => Geometry.pieceSize(geometry, piece)),
    has,
  ),
})

const act = ({ model, orders }: ReturnType<typeof both>, op: typeof Op.Type): void => {
  switch (op._tag) {
    case "Take":
      return assert.strictEqual(orders.take(op.range), model.take(op.range))
    case "TakeMany":
      for (const block of blocks.slice(op.from, op.from + op.count))
        assert.strictEqual(orders.take(block), model.take(block))
      return
    case "Cancel":
      return assert.strictEqual(orders.cancel(op.range), model.cancel(op.range))
    case "CancelHeld": {
      const held = model.held[op.nth % model.held.length]
      if (held === undefined) return
      assert.isTrue(orders.cancel({ ...held }))
      model.cancel(held)
      return
    }
    case "Next": {
      const bytes = orders.nextBytes(op.most)
      const turn = orders.next(op.most)
      assert.deepStrictEqual(turn, model.next(op.most))
      assert.strictEqual(
        bytes,
        turn.reduce((sum, { length }) => sum + length, 0),
      )
      return
    }
    case "Choke":
      return assert.deepStrictEqual(orders.choke(), model.choke())
    case "Unchoke":
      orders.unchoke()
      model.choked = false
      return
    case "AllowFast":
      orders.allowFast(op.piece)
      model.fast.add(op.piece)
  }
}

const block = blocks[0]!

describe("Orders", () => {
  it.prop(
    "are those of a list, in its order",
    [Schema.Array(Op).check(Schema.isMinLength(15), Schema.isMaxLength(60))],
    ([ops]) => {
      const world = both()
      for (const op of ops) {
        act(world, op)
        const { model, orders } = world
        assert.strictEqual(orders.size, model.held.length)
        assert.strictEqual(orders.refused, model.refused)
        assert.strictEqual(orders.isFlood, model.inVain > 10_000)
        assert.isAtMost(orders.size, 500)
      }
    },
    { arbitrary: { runs: 200 } },
  )

  it("a turn is sixty-four blocks, and what a block is asked for twice it is given once", () => {
    const { orders } = both()
    orders.unchoke()
    for (const block of [...blocks.slice(0, 70), ...blocks.slice(0, 70)])
      assert.strictEqual(orders.take(block), "taken")
    assert.deepStrictEqual(orders.next(), blocks.slice(0, 64))
    assert.deepStrictEqual(orders.next(), blocks.slice(64, 70))
    assert.deepStrictEqual(orders.next(), [])
  })

  it("who asks and cancels, or asks in vain, without an end is found out", () => {
    for (const pester of [
      (orders: Orders) => {
        orders.take(block)
        orders.cancel(block)
      },
      (orders: Orders) => orders.take(block),
      (orders: Orders) => orders.take({ ...block, piece: 2 }),
      (orders: Orders) => orders.cancel(block),
    ]) {
      const { orders } = both()
      orders.unchoke()
      let times = 0
      while (!orders.isFlood) {
        pester(orders)
        assert.isBelow(times++, 10_100)
        assert.isAtMost(orders.size, 1)
      }
    }
  })

  it("who takes what it asks for never is, however often it is choked", () => {
    const { orders } = both()
    for (let turn = 0; turn < 500; turn++) {
      orders.unchoke()
      for (const block of blocks.slice(0, 16)) assert.strictEqual(orders.take(block), "taken")
      orders.next()
      orders.choke()
      for (const block of blocks.slice(0, 250)) assert.strictEqual(orders.take(block), "choked")
      assert.isFalse(orders.isFlood)
    }
  })
})

import { assert, describe, it } from "@effect/vitest"
import { Bitfield, Geometry } from "@unchoke/protocol"
import { Schema } from "effect"
import { type Filling, PiecePlan, Requests } from "unchoke"

const within = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const Op = Schema.TaggedUnion({
  /** A peer is asked for so many more blocks. */
  Ask: { peer: within(0, 2), blocks: within(1, 9) },
  /** A peer sends the nth block that it was asked for. */
  Send: { peer: within(0, 2), nth: within(0, 12) },
  /** A peer sends a block that it was never asked for. */
  Stray: { peer: within(0, 2) },
  Refuse: { peer: within(0, 2), nth: within(0, 12) },
  Choke: { peer: within(0, 2) },
  /** A peer is lost, and another takes its place. */
  Lose: { peer: within(0, 2) },
  /** The oldest filled piece turns out right, or wrong. */
  Verify: { right: Schema.Boolean },
})

interface Ask {
  readonly piece: number
  readonly begin: number
  readonly length: number
}

/** The plan, three peers, and the obvious account of what they have sent: a set of blocks for each piece. */
class World {
  readonly geometry: Geometry.Geometry
  readonly plan: PiecePlan
  readonly buffers: number
  readonly peers: Array<{ requests: Requests; outstanding: Array<Ask> }> = []
  readonly filled: Array<Filling> = []
  readonly stored = new Set<number>()
  readonly arrived = new Map<number, Set<number>>()
  lent = 0

  constructor(geometry: Geometry.Geometry, buffers: number, present: ReadonlyArray<number>) {
    this.geometry = geometry
    this.buffers = buffers
    const there = Bitfield.Bitfield.empty(geometry.pieces)
    for (const piece of present) there.add(piece)
    for (const piece of present) if (piece < geometry.pieces) this.stored.add(piece)
    this.plan = new PiecePlan(geometry, there, () => {
      if (this.lent === buffers) return undefined
      this.lent++
      return new Uint8Array(geometry.pieceLength)
    })
    for (let peer = 0; peer < 3; peer++) this.join(peer)
  }

  join(peer: number) {
    this.peers[peer] = { requests: new Requests(this.plan, () => true), outstanding: [] }
  }

  ask(peer: number, blocks: number): number {
    const { outstanding, requests } = this.peers[peer]!
    let asked = 0
    for (; asked < blocks; asked++) {
      const request = requests.next()
      if (request === undefined) break
      const { begin, length, piece } = request
      assert.isFalse(this.stored.has(piece), "a stored piece is never asked for")
      assert.isFalse(this.arrived.get(piece)?.has(begin) ?? false, "a block that is here is not asked for")
      assert.isFalse(
        outstanding.some((ask) => ask.piece === piece && ask.begin === begin),
        "no block twice from one peer",
      )
      assert.strictEqual(length, Math.min(16_384, Geometry.pieceSize(this.geometry, piece) - begin))
      outstanding.push({ piece, begin, length })
    }
    assert.strictEqual(requests.outstanding, outstanding.length)
    return asked
  }

  /** The block's bytes say where it belongs. */
  send(peer: number, { begin, length, piece }: Ask) {
    const block = new Uint8Array(length).fill((piece * 31 + begin / 16_384) % 251)
    const arrival = this.peers[peer]!.requests.arrive({ _tag: "Piece", piece, begin, block })
    const blocks = this.arrived.get(piece) ?? new Set()
    const counts = !this.stored.has(piece) && !this.filled.some((filling) => filling.piece === piece)
    if (counts) this.arrived.set(piece, blocks.add(begin))
    const full = counts && blocks.size === Geometry.blocksIn(this.geometry, piece)
    assert.strictEqual(arrival._tag, full ? "Filled" : "Progress")
    if (arrival._tag === "Filled") this.filled.push(arrival.filling)
  }

  verify(right: boolean) {
    const filling = this.filled.shift()
    if (filling === undefined) return
    const { buffer, piece } = filling
    for (let block = 0; block < Geometry.blocksIn(this.geometry, piece); block++) {
      const length = Geometry.blockLength(this.geometry, piece, block)
      const bytes = buffer.subarray(block * 16_384, block * 16_384 + length)
      assert.isTrue(
        bytes.every((byte) => byte === (piece * 31 + block) % 251),
        "every block is where it belongs",
      )
    }
    this.lent--
    this.arrived.delete(piece)
    if (right) {
      this.plan.store(piece)
      this.stored.add(piece)
    } else this.plan.reject(piece)
  }

  act(op: typeof Op.Type) {
    if (op._tag === "Verify") return this.verify(op.right)
    const at = this.peers[op.peer]!
    switch (op._tag) {
      case "Ask":
        this.ask(op.peer, op.blocks)
        break
      case "Send": {
        const [ask] = at.outstanding.splice(op.nth, 1)
        if (ask !== undefined) this.send(op.peer, ask)
        break
      }
      case "Stray":
        assert.strictEqual(
          at.requests.arrive({ _tag: "Piece", piece: this.geometry.pieces, begin: 0, block: new Uint8Array(16_384) })
            ._tag,
          "NotAskedFor",
        )
        break
      case "Refuse": {
        const [ask] = at.outstanding.splice(op.nth, 1)
        if (ask !== undefined) at.requests.refuse(ask)
        break
      }
      case "Choke":
        at.requests.giveUp()
        at.outstanding.splice(0)
        break
      case "Lose":
        at.requests.leave()
        this.join(op.peer)
        break
    }
  }
}

describe("PiecePlan and Requests", () => {
  it.prop(
    "agree with the obvious account of blocks, whatever three peers do, and one good peer then completes the plan",
    [
      within(1, 4),
      within(1, 400_000),
      within(1, 4),
      Schema.Array(within(0, 20)).check(Schema.isMaxLength(4)),
      Schema.Array(Op).check(Schema.isMaxLength(80)),
    ],
    ([blocks, length, buffers, present, ops]) => {
      const world = new World(Geometry.make(blocks * 16_384, length), buffers, present)
      for (const op of ops) {
        world.act(op)
        assert.isAtMost(world.lent, buffers)
        assert.strictEqual(world.plan.stored, world.stored.size)
      }
      for (let peer = 0; peer < 3; peer++) world.act({ _tag: "Lose", peer })
      for (let turn = 0; !world.plan.complete; turn++) {
        assert.isBelow(turn, 1000, "the plan is stuck")
        world.ask(0, 5)
        for (const ask of world.peers[0]!.outstanding.splice(0)) world.send(0, ask)
        world.verify(true)
      }
      assert.strictEqual(world.stored.size, world.geometry.pieces)
      assert.strictEqual(world.plan.left, 0)
      assert.strictEqual(world.lent, 0)
    },
    { arbitrary: { runs: 600 }, timeout: 60_000 },
  )

  it("one sender alone is known as the culprit of a piece", () => {
    const plan = new PiecePlan(Geometry.make(32_768, 65_536), Bitfield.Bitfield.empty(2), () => new Uint8Array(32_768))
    const [one, two] = [new Requests(plan, () => true), new Requests(plan, () => true)]
    const block = new Uint8Array(16_384)
    const first = one.next()!
    one.arrive({ _tag: "Piece", piece: first.piece, begin: first.begin, block })
    one.leave()
    const rest = two.next()!
    assert.deepStrictEqual([rest.piece, rest.begin], [0, 16_384])
    const mixed = two.arrive({ _tag: "Piece", piece: rest.piece, begin: rest.begin, block })
    assert.strictEqual(mixed._tag === "Filled" && mixed.filling.senders.size, 2)
    const [a, b] = [two.next()!, two.next()!]
    two.arrive({ _tag: "Piece", piece: a.piece, begin: a.begin, block })
    const alone = two.arrive({ _tag: "Piece", piece: b.piece, begin: b.begin, block })
    assert.strictEqual(alone._tag === "Filled" && alone.filling.senders.size, 1)
  })

  it("takes a block that was under way when the peer choked us, and does not ask for it again", () => {
    const plan = new PiecePlan(Geometry.make(32_768, 32_768), Bitfield.Bitfield.empty(1), () => new Uint8Array(32_768))
    const requests = new Requests(plan, () => true)
    const [first, second] = [requests.next()!, requests.next()!]
    requests.giveUp()
    assert.strictEqual(requests.outstanding, 0)
    const block = new Uint8Array(16_384)
    assert.strictEqual(requests.arrive({ _tag: "Piece", piece: 0, begin: first.begin, block })._tag, "Progress")
    assert.deepStrictEqual(requests.next(), second)
    assert.isUndefined(requests.next())
    assert.strictEqual(requests.arrive({ _tag: "Piece", piece: 0, begin: second.begin, block })._tag, "Filled")
  })

  it("refuses blocks at odd offsets and of odd lengths", () => {
    const plan = new PiecePlan(Geometry.make(32_768, 40_000), Bitfield.Bitfield.empty(2), () => new Uint8Array(32_768))
    const requests = new Requests(plan, () => true)
    requests.next()
    const arrive = (piece: number, begin: number, length: number) =>
      requests.arrive({ _tag: "Piece", piece, begin, block: new Uint8Array(length) })._tag
    assert.strictEqual(arrive(0, 1, 16_384), "NotAskedFor")
    assert.strictEqual(arrive(0, 0, 16_383), "NotAskedFor")
    assert.strictEqual(arrive(0, 32_768, 16_384), "NotAskedFor")
    assert.strictEqual(arrive(0, 0, 16_384), "Progress")
    assert.strictEqual(arrive(0, 0, 16_384), "NotAskedFor")
  })

  it("asks for nothing while every buffer is out, and says so", () => {
    let free = 1
    const plan = new PiecePlan(Geometry.make(16_384, 40_000), Bitfield.Bitfield.empty(3), () =>
      free-- > 0 ? new Uint8Array(16_384) : undefined,
    )
    const requests = new Requests(plan, () => true)
    assert.isDefined(requests.next())
    assert.isUndefined(requests.next())
    assert.isTrue(plan.starved)
  })
})

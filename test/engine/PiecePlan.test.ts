import { assert, describe, it } from "@effect/vitest"
import { Bitfield, Geometry } from "@unchoke/protocol"
import { Schema } from "effect"
import { type Filling, PiecePlan, Requests } from "@unchoke/engine/internal"

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
  /** The oldest filled piece turns out right. */
  Verify: {},
})

interface Ask {
  readonly piece: number
  readonly begin: number
  readonly length: number
}

const salt = [1, 2] as const
const asker = (peer: string) => ({ peer, has: () => true })
const planOf = (
  geometry: Geometry.Geometry,
  lend = (): Uint8Array | undefined => new Uint8Array(geometry.pieceLength),
) => new PiecePlan(geometry, Bitfield.Bitfield.empty(geometry.pieces), { lend, salt })

/** The plan, three peers, and the obvious account of what they have sent: a set of blocks for each piece. */
class World {
  readonly geometry: Geometry.Geometry
  readonly plan: PiecePlan
  readonly buffers: number
  readonly peers: Array<{ requests: Requests; outstanding: Array<Ask> }> = []
  readonly filled: Array<Filling> = []
  readonly stored = new Set<number>()
  readonly arrived = new Map<number, Set<number>>()
  readonly gone: Array<Requests> = []
  lent = 0

  constructor(geometry: Geometry.Geometry, buffers: number, present: ReadonlyArray<number>) {
    this.geometry = geometry
    this.buffers = buffers
    const there = Bitfield.Bitfield.empty(geometry.pieces)
    for (const piece of present) there.add(piece)
    for (const piece of present) if (piece < geometry.pieces) this.stored.add(piece)
    const lend = () => {
      if (this.lent === buffers) return undefined
      this.lent++
      return new Uint8Array(geometry.pieceLength)
    }
    this.plan = new PiecePlan(geometry, there, { lend, salt })
    for (let peer = 0; peer < 3; peer++) this.join(peer)
  }

  join(peer: number) {
    this.peers[peer] = { requests: new Requests(this.plan, asker(`peer ${peer}`)), outstanding: [] }
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

  verify() {
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
    const exhibit = this.plan.exhibit(filling)
    this.lent--
    this.arrived.delete(piece)
    assert.strictEqual(this.plan.store(exhibit).size, 0)
    this.stored.add(piece)
  }

  act(op: typeof Op.Type) {
    if (op._tag === "Verify") return this.verify()
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
          "Misshapen",
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
        this.gone.push(at.requests)
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
        assert.strictEqual(
          world.lent,
          world.plan.inFlight + world.filled.length,
          "a buffer is out for each piece under way, and for nothing else",
        )
        for (const requests of world.gone) assert.isUndefined(requests.next(), "who has left claims nothing")
        assert.strictEqual(world.plan.stored, world.stored.size)
      }
      for (let peer = 0; peer < 3; peer++) world.act({ _tag: "Lose", peer })
      for (let turn = 0; !world.plan.complete; turn++) {
        assert.isBelow(turn, 1000, "the plan is stuck")
        world.ask(0, 5)
        for (const ask of world.peers[0]!.outstanding.splice(0)) world.send(0, ask)
        world.verify()
      }
      assert.strictEqual(world.stored.size, world.geometry.pieces)
      assert.strictEqual(world.plan.left, 0)
      assert.strictEqual(world.lent, 0)
    },
    { arbitrary: { runs: 600 }, timeout: 60_000 },
  )

  it("who sent which block is known, also of those who have left", () => {
    const plan = planOf(Geometry.make(32_768, 65_536))
    const [one, two] = [new Requests(plan, asker("a")), new Requests(plan, asker("b"))]
    const block = new Uint8Array(16_384)
    const first = one.next()!
    one.arrive({ _tag: "Piece", piece: first.piece, begin: first.begin, block })
    one.leave()
    const rest = two.next()!
    assert.deepStrictEqual([rest.piece, rest.begin], [0, 16_384])
    const mixed = two.arrive({ _tag: "Piece", piece: rest.piece, begin: rest.begin, block })
    assert.deepStrictEqual(mixed._tag === "Filled" && mixed.filling.senders, ["a", "b"])
    const [a, b] = [two.next()!, two.next()!]
    two.arrive({ _tag: "Piece", piece: a.piece, begin: a.begin, block })
    const alone = two.arrive({ _tag: "Piece", piece: b.piece, begin: b.begin, block })
    assert.deepStrictEqual(alone._tag === "Filled" && alone.filling.senders, ["b", "b"])
  })

  it("takes a block that was under way when the peer choked us, and does not ask for it again", () => {
    const plan = planOf(Geometry.make(32_768, 32_768))
    const requests = new Requests(plan, asker("a"))
    const [first, second] = [requests.next()!, requests.next()!]
    requests.giveUp()
    assert.strictEqual(requests.outstanding, 0)
    const block = new Uint8Array(16_384)
    assert.strictEqual(requests.arrive({ _tag: "Piece", piece: 0, begin: first.begin, block })._tag, "Progress")
    assert.deepStrictEqual(requests.next(), second)
    assert.isUndefined(requests.next())
    assert.strictEqual(requests.arrive({ _tag: "Piece", piece: 0, begin: second.begin, block })._tag, "Filled")
  })

  it("asks for nothing of a piece that it began and may not have any more, whether or not blocks of it come back", () => {
    const plan = planOf(Geometry.make(65_536, 196_608))
    let allowed = [0]
    const requests = new Requests(plan, { peer: "a", has: (piece) => allowed.includes(piece) })
    const asked = [requests.next()!, requests.next()!]
    allowed = [1]
    requests.gained()
    assert.strictEqual(requests.next()?.piece, 1)
    for (const range of asked) requests.takeBack(range)
    for (let more = requests.next(); more !== undefined; more = requests.next()) assert.strictEqual(more.piece, 1)
    assert.strictEqual(requests.outstanding, 4)
    allowed = [0, 1]
    assert.strictEqual(requests.next()?.piece, 0)
  })

  it("refuses blocks at odd offsets and of odd lengths", () => {
    const plan = planOf(Geometry.make(32_768, 40_000))
    const requests = new Requests(plan, asker("a"))
    requests.next()
    const arrive = (piece: number, begin: number, length: number) =>
      requests.arrive({ _tag: "Piece", piece, begin, block: new Uint8Array(length) })._tag
    assert.strictEqual(arrive(0, 1, 16_384), "Misshapen")
    assert.strictEqual(arrive(0, 0, 16_383), "Misshapen")
    assert.strictEqual(arrive(0, 32_768, 16_384), "Misshapen")
    assert.strictEqual(arrive(2, 0, 16_384), "Misshapen")
    assert.strictEqual(arrive(0, 0, 16_384), "Progress")
  })

  it("a block that comes twice, or that was never asked for, is dropped", () => {
    const plan = planOf(Geometry.make(32_768, 65_536))
    const requests = new Requests(plan, asker("a"))
    const { begin, piece } = requests.next()!
    const block = new Uint8Array(16_384)
    assert.strictEqual(requests.arrive({ _tag: "Piece", piece, begin, block })._tag, "Progress")
    assert.strictEqual(requests.arrive({ _tag: "Piece", piece, begin, block })._tag, "Unwanted")
    assert.strictEqual(requests.arrive({ _tag: "Piece", piece: 1, begin, block })._tag, "Unwanted")
    assert.strictEqual(requests.arrived, 1)
  })

  it("a piece that was left and that nobody here can go on with gives its buffer to one that somebody can", () => {
    let free = 1
    const plan = planOf(Geometry.make(16_384 * 2, 16_384 * 4), () => (free-- > 0 ? new Uint8Array(32_768) : undefined))
    const one = new Requests(plan, { peer: "a", has: (piece) => piece === 0 })
    const { begin, piece } = one.next()!
    one.arrive({ _tag: "Piece", piece, begin, block: new Uint8Array(16_384) })
    one.leave()
    const two = new Requests(plan, { peer: "b", has: (piece) => piece === 1 })
    assert.strictEqual(two.next()?.piece, 1)
    assert.deepStrictEqual([...plan.takeDiscarded()], [["a", 16_384]])
  })

  it("asks for nothing while every buffer is out, and says so", () => {
    let free = 1
    const plan = planOf(Geometry.make(16_384, 40_000), () => (free-- > 0 ? new Uint8Array(16_384) : undefined))
    const requests = new Requests(plan, asker("a"))
    assert.isDefined(requests.next())
    assert.isUndefined(requests.next())
    assert.isTrue(plan.starved)
  })
})

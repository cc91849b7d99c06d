/** Who spoiled a piece: whoever is called guilty is, whatever several peers send, leave and come back, and an honest peer then completes the plan. */
import { assert, describe, it } from "@effect/vitest"
import { Bitfield, Geometry } from "@unchoke/protocol"
import { Schema } from "effect"
import { type Filling, PiecePlan, Requests } from "@unchoke/engine/internal"

const within = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const peers = 4
/** This one never spoils anything. */
const honest = 0

const Op = Schema.TaggedUnion({
  Ask: { peer: within(0, peers - 1), blocks: within(1, 9) },
  /** A peer sends the first blocks that it was asked for, some of them spoiled. */
  Send: {
    peer: within(0, peers - 1),
    spoil: Schema.Array(Schema.Boolean).check(Schema.isMinLength(1), Schema.isMaxLength(6)),
  },
  Choke: { peer: within(0, peers - 1) },
  Lose: { peer: within(0, peers - 1) },
  /** The oldest filled piece gets its verdict. */
  Verify: {},
})

interface Ask {
  readonly piece: number
  readonly begin: number
  readonly length: number
}

const nameOf = (peer: number) => `peer ${peer}`
const rightByte = ({ begin, piece }: Omit<Ask, "length">) => (piece * 31 + begin / 16_384) % 251

class World {
  readonly geometry: Geometry.Geometry
  readonly plan: PiecePlan
  readonly here = new Map<number, { requests: Requests; asks: Array<Ask> }>()
  /** Who keeps us waiting for what it owes. */
  readonly silent = new Set<number>()
  readonly filled: Array<Filling> = []
  readonly spoilers = new Set<string>()
  readonly guilty = new Set<string>()
  lent = 0

  constructor(geometry: Geometry.Geometry, buffers: number) {
    this.geometry = geometry
    const lend = () => (this.lent === buffers ? undefined : (this.lent++, new Uint8Array(geometry.pieceLength)))
    this.plan = new PiecePlan(geometry, Bitfield.Bitfield.empty(geometry.pieces), { lend, salt: [7, 11] })
    for (let peer = 0; peer < peers; peer++) this.join(peer)
  }

  join(peer: number) {
    if (this.guilty.has(nameOf(peer))) return
    const waited = () => (this.silent.has(peer) ? 30 : 0)
    this.here.set(peer, {
      requests: new Requests(this.plan, { peer: nameOf(peer), has: () => true, waited }),
      asks: [],
    })
  }

  /** From now on it gives nothing, whatever it is asked for: it says so, or not, or chokes us. */
  stop(peer: number, how: "refuses" | "is silent" | "chokes") {
    const at = this.here.get(peer)
    if (how === "chokes") at?.requests.giveUp()
    if (how === "refuses") for (const ask of at?.asks ?? []) at!.requests.refuse(ask)
    if (how === "is silent") this.silent.add(peer)
    else at?.asks.splice(0)
  }

  leave(peer: number) {
    this.here.get(peer)?.requests.leave()
    this.here.delete(peer)
  }

  ask(peer: number, blocks: number) {
    const at = this.here.get(peer)
    for (let i = 0; i < blocks; i++) {
      const request = at?.requests.next()
      if (request !== undefined) at!.asks.push(request)
    }
  }

  send(peer: number, spoil: ReadonlyArray<boolean>) {
    const at = this.here.get(peer)
    for (const [i, ask] of (at?.asks.splice(0, spoil.length) ?? []).entries()) {
      const spoiled = spoil[i]! && peer !== honest
      if (spoiled) this.spoilers.add(nameOf(peer))
      const block = new Uint8Array(ask.length).fill(rightByte(ask))
      if (spoiled) block[ask.length - 1]! ^= 1
      const arrival = at!.requests.arrive({ _tag: "Piece", piece: ask.piece, begin: ask.begin, block })
      if (arrival._tag === "Filled") this.filled.push(arrival.filling)
    }
  }

  verify() {
    const filling = this.filled.shift()
    if (filling === undefined) return
    const { buffer, piece, senders } = filling
    const right = senders.every((_, block) => {
      const begin = block * 16_384
      const byte = rightByte({ piece, begin })
      return buffer
        .subarray(begin, begin + Geometry.blockLength(this.geometry, piece, block))
        .every((found) => found === byte)
    })
    const exhibit = this.plan.exhibit(filling)
    this.lent--
    const culprit = right ? undefined : this.plan.reject(exhibit)
    if (!right && new Set(senders).size === 1) assert.strictEqual(culprit, senders[0])
    for (const name of right ? this.plan.store(exhibit) : culprit === undefined ? [] : [culprit]) {
      assert.isTrue(this.spoilers.has(name), `${name} is called guilty and is not`)
      this.guilty.add(name)
      this.plan.disown(name)
      this.leave(Number(name.slice(5)))
    }
  }

  act(op: typeof Op.Type) {
    switch (op._tag) {
      case "Ask":
        return this.ask(op.peer, op.blocks)
      case "Send":
        return this.send(op.peer, op.spoil)
      case "Choke":
        this.here.get(op.peer)?.requests.giveUp()
        this.here.get(op.peer)?.asks.splice(0)
        return
      case "Lose":
        this.leave(op.peer)
        return this.join(op.peer)
      case "Verify":
        return this.verify()
    }
  }
}

describe("blame", () => {
  it.prop(
    "is for those alone who sent what is not the torrent's",
    [within(1, 4), within(1, 400_000), within(1, 5), Schema.Array(Op).check(Schema.isMaxLength(120))],
    ([blocks, length, buffers, ops]) => {
      const world = new World(Geometry.make(blocks * 16_384, length), buffers)
      for (const op of ops) {
        world.act(op)
        assert.strictEqual(world.lent, world.plan.inFlight + world.filled.length)
      }
      for (let peer = 0; peer < peers; peer++) world.leave(peer)
      world.join(honest)
      for (let turn = 0; !world.plan.complete; turn++) {
        assert.isBelow(turn, 1000, "the plan is stuck")
        world.ask(honest, 5)
        world.send(honest, Array(5).fill(false))
        world.verify()
      }
      assert.strictEqual(world.lent, 0)
    },
    { arbitrary: { runs: 1000 }, timeout: 60_000 },
  )

  it.prop(
    "nobody who gives nothing holds up who does, also where a piece is to come from one alone",
    [
      within(1, 4),
      within(1, 400_000),
      within(1, 5),
      Schema.Array(Op).check(Schema.isMaxLength(120)),
      Schema.Array(Schema.Literals(["refuses", "is silent", "chokes"])).check(
        Schema.isMinLength(peers),
        Schema.isMaxLength(peers),
      ),
    ],
    ([blocks, length, buffers, ops, hows]) => {
      const world = new World(Geometry.make(blocks * 16_384, length), buffers)
      for (const op of ops) world.act(op)
      for (let turn = 0; !world.plan.complete; turn++) {
        assert.isBelow(turn, 1000, "the plan is stuck")
        for (let peer = 0; peer < peers; peer++) {
          if (peer === honest) continue
          if (hows[peer] !== "chokes") world.ask(peer, 5)
          world.stop(peer, hows[peer]!)
        }
        world.ask(honest, 5)
        world.send(honest, Array(5).fill(false))
        world.verify()
        for (const { requests } of world.here.values()) requests.look()
      }
    },
    { arbitrary: { runs: 500 } },
  )

  it("a piece of several senders convicts nobody until it is right; then whoever sent something else, though it has left", () => {
    const world = new World(Geometry.make(4 * 16_384, 4 * 16_384), 2)
    world.ask(1, 2)
    world.send(1, [false, true])
    world.leave(1)
    world.ask(honest, 2)
    world.send(honest, [false, false])
    world.verify()
    assert.deepStrictEqual([...world.guilty], [])
    for (const peer of [2, 3]) world.leave(peer)
    world.ask(honest, 4)
    world.send(honest, [false, false, false, false])
    world.verify()
    assert.isTrue(world.plan.complete)
    assert.deepStrictEqual([...world.guilty], [nameOf(1)])
  })

  it("a contested piece is for somebody who is not suspected; a suspect takes it when it has nothing else", () => {
    const world = new World(Geometry.make(2 * 16_384, 4 * 16_384), 2)
    world.ask(1, 1)
    world.send(1, [true])
    world.leave(1)
    world.ask(2, 1)
    world.send(2, [false])
    world.verify()
    const asked = (peer: number) => world.here.get(peer)!.asks.map(({ piece }) => piece)
    world.ask(2, 1)
    assert.deepStrictEqual(asked(2), [1])
    world.ask(3, 2)
    assert.deepStrictEqual(asked(3), [0, 0])
    world.leave(3)
    world.send(2, [false])
    world.ask(2, 3)
    assert.deepStrictEqual(asked(2), [1, 0, 0])
  })

  it("who hangs up in the middle of a contested piece goes on with it, though others began it anew meanwhile", () => {
    const world = new World(Geometry.make(3 * 16_384, 3 * 16_384), 1)
    world.ask(1, 1)
    world.send(1, [true])
    world.leave(1)
    world.ask(honest, 2)
    world.send(honest, [false, false])
    world.verify()
    for (let round = 0; round < 3; round++) {
      for (const peer of [honest, 1]) {
        world.leave(peer)
        world.join(peer)
        for (const other of [honest, 1, 2, 3]) if (other !== peer) world.leave(other)
        world.ask(peer, 1)
        world.send(peer, [peer === 1])
        world.verify()
      }
    }
    assert.isTrue(world.plan.complete)
    assert.deepStrictEqual([...world.guilty], [nameOf(1)])
  })
})

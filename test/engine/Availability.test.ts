import { assert, describe, it } from "@effect/vitest"
import { Bitfield } from "@unchoke/protocol"
import { Schema } from "effect"
import { Availability, type Holding } from "@unchoke/engine/internal"

const within = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const Size = Schema.Union([within(1, 6), within(1, 40)])
const Piece = Schema.Union([within(0, 3), within(-2, 42)])
const Pieces = Schema.Union([Schema.Literal("all"), Schema.Array(within(0, 3)), Schema.Array(within(0, 39))])
const Nth = within(0, 5)

const Op = Schema.TaggedUnion({
  Join: { pieces: Pieces },
  Have: { link: Nth, piece: Piece },
  /** It says everything that it has again, or the rest of it, piece by piece. */
  HaveEach: { link: Nth, pieces: Pieces },
  Replace: { link: Nth, pieces: Pieces },
  Leave: { link: Nth },
  Remove: { piece: Piece },
  Restore: { piece: Piece },
})

/** The numbers by counting: a set for each link, and one of what is wanted. */
class World {
  readonly size: number
  readonly availability: Availability
  readonly links: Array<{ holding: Holding; has: Set<number> }> = []
  readonly gone: Array<Holding> = []
  readonly wanted: Set<number>

  constructor(size: number, seed: number) {
    this.size = size
    this.availability = new Availability(size, seed)
    this.wanted = new Set(this.all)
  }

  get all(): Array<number> {
    return Array.from({ length: this.size }, (_, piece) => piece)
  }

  setOf(pieces: typeof Pieces.Type): Set<number> {
    return new Set(pieces === "all" ? this.all : pieces.filter((piece) => piece < this.size))
  }

  bitsOf(pieces: Iterable<number>): Bitfield.Bitfield {
    const bits = Bitfield.Bitfield.empty(this.size)
    for (const piece of pieces) bits.add(piece)
    return bits
  }

  act(op: typeof Op.Type): void {
    switch (op._tag) {
      case "Join": {
        const has = this.setOf(op.pieces)
        const bits = this.bitsOf(has)
        this.links.push({ holding: this.availability.join(bits), has })
        // What becomes of the set that it was told with is nobody's business.
        for (const piece of this.all) bits.add(piece)
        return
      }
      case "Have":
      case "HaveEach": {
        const link = this.links[op.link % this.links.length]
        if (link === undefined) return
        for (const piece of op._tag === "Have" ? [op.piece] : this.setOf(op.pieces)) {
          link.holding.have(piece)
          if (piece >= 0 && piece < this.size) link.has.add(piece)
        }
        return
      }
      case "Replace": {
        const link = this.links[op.link % this.links.length]
        if (link === undefined) return
        link.has = this.setOf(op.pieces)
        link.holding.replace(this.bitsOf(link.has))
        return
      }
      case "Leave": {
        for (const { holding } of this.links.splice(op.link, 1)) {
          holding.leave()
          this.gone.push(holding)
        }
        // Whatever is still said of who has left counts for nothing.
        for (const holding of this.gone) {
          holding.leave()
          holding.have(0)
          holding.replace(this.bitsOf(this.all))
        }
        return
      }
      case "Remove":
        this.availability.remove(op.piece)
        this.wanted.delete(op.piece)
        return
      case "Restore":
        this.availability.restore(op.piece)
        if (op.piece >= 0 && op.piece < this.size) this.wanted.add(op.piece)
    }
  }

  count(piece: number): number {
    return this.links.filter(({ has }) => has.has(piece)).length
  }

  check(mine: ReadonlySet<number>): void {
    const { availability } = this
    for (const piece of this.all) {
      assert.strictEqual(availability.count(piece), this.count(piece))
      assert.strictEqual(availability.wants(piece), this.wanted.has(piece))
    }
    assert.strictEqual(availability.wanted, this.wanted.size)
    assert.strictEqual(
      availability.everybodyHasEverything,
      this.links.every(({ has }) => has.size === this.size),
    )
    for (const { has, holding } of this.links) {
      assert.strictEqual(holding.complete, has.size === this.size)
      for (const piece of this.all) assert.strictEqual(holding.has(piece), has.has(piece))
      const may = (piece: number) => !mine.has(piece)
      const fits = [...this.wanted].filter((piece) => has.has(piece) && may(piece))
      const fewest = Math.min(...fits.map((piece) => this.count(piece)))
      const rarest = availability.rarest(holding, may)
      const random = availability.random(holding, may)
      if (fits.length === 0) {
        assert.isUndefined(rarest)
        assert.isUndefined(random)
        continue
      }
      assert.include(fits, rarest)
      assert.include(fits, random)
      assert.strictEqual(this.count(rarest!), fewest, "none that it has is rarer")
    }
    const copies = this.all.map((piece) => this.count(piece) + (mine.has(piece) ? 1 : 0))
    const rarest = Math.min(...copies)
    const nowhere = this.all.filter((piece) => copies[piece] === 0)
    assert.deepStrictEqual(
      availability.copies((piece) => mine.has(piece)),
      {
        copies: rarest + copies.filter((count) => count > rarest).length / this.size,
        lacking: nowhere.length,
        pieces: nowhere.slice(0, 16),
      },
    )
  }
}

const of = (size: number, pieces: ReadonlyArray<number>) => {
  const bits = Bitfield.Bitfield.empty(size)
  for (const piece of pieces) bits.add(piece)
  return bits
}

describe("Availability", () => {
  it.prop(
    "counts, orders and finds as one who counts on fingers",
    [
      Size,
      within(0, 0xffff_ffff),
      Schema.Array(Op).check(Schema.isMinLength(10), Schema.isMaxLength(50)),
      Schema.Array(within(0, 39)),
    ],
    ([size, seed, ops, mine]) => {
      const world = new World(size, seed)
      const ours = new Set(mine.filter((piece) => piece < size))
      world.check(ours)
      for (const op of ops) {
        world.act(op)
        world.check(ours)
      }
    },
    { arbitrary: { runs: 200 } },
  )

  it.prop("the same seed chooses the same", [within(0, 0xffff_ffff)], ([seed]) => {
    const choices = () => {
      const availability = new Availability(100, seed)
      const holding = availability.join(of(100, [1, 2, 3, 5, 8, 13, 21, 34, 55, 89]))
      return Array.from({ length: 10 }, (_, turn) => {
        const piece = (turn % 2 === 0 ? availability.rarest(holding) : availability.random(holding))!
        availability.remove(piece)
        return piece
      })
    }
    const chosen = choices()
    assert.deepStrictEqual(chosen, choices())
    assert.strictEqual(new Set(chosen).size, 10)
  })

  it("a piece that has become more frequent than all others while it was not wanted is found again", () => {
    const availability = new Availability(5, 1)
    availability.remove(3)
    const holdings = [of(5, [3]), of(5, [3, 4]), of(5, [3])].map((pieces) => availability.join(pieces))
    availability.restore(3)
    assert.deepStrictEqual(
      holdings.map((holding) => availability.rarest(holding)),
      [3, 4, 3],
    )
  })

  it("every one of equally rare pieces is chosen by somebody", () => {
    const rarest = new Set<number | undefined>()
    const random = new Set<number | undefined>()
    for (let seed = 0; seed < 500; seed++) {
      const availability = new Availability(20, seed)
      const holding = availability.join(of(20, [3, 4, 9, 15, 19]))
      availability.join(of(20, [4, 9]))
      rarest.add(availability.rarest(holding))
      random.add(availability.random(holding))
    }
    assert.deepStrictEqual(rarest, new Set([3, 15, 19]))
    assert.deepStrictEqual(random, new Set([3, 4, 9, 15, 19]))
  })
})

/** Blocks that are asked of two: when, of whom, and who is told that it has lost. */
import { assert, describe, it } from "@effect/vitest"
import { Bitfield, Geometry, type PeerMessage } from "@unchoke/protocol"
import { Effect, Schema } from "effect"
import { PiecePlan, Requests } from "@unchoke/engine/internal"

const blocksPerPiece = 2
const pieceLength = blocksPerPiece * 16_384
const block = new Uint8Array(16_384)

type Range = Pick<PeerMessage.Of<"Request">, "piece" | "begin">
const nameOf = ({ begin, piece }: Range) => `${piece}:${begin}`

/** A peer with a part, that gives at a rate and has kept us waiting for so long. */
class Peer {
  readonly requests: Requests
  readonly outstanding = new Map<string, Range>()
  /** How often it was asked for each block. */
  readonly asked = new Map<string, number>()
  rate: number | undefined
  waited = 0

  constructor(plan: PiecePlan, peer: string, has: (piece: number) => boolean) {
    this.requests = new Requests(plan, {
      peer,
      has,
      complete: () => false,
      rate: () => this.rate,
      waited: () => this.waited,
    })
  }

  ask(): Range | undefined {
    const request = this.requests.next()
    if (request === undefined) return undefined
    const name = nameOf(request)
    this.outstanding.set(name, request)
    this.asked.set(name, (this.asked.get(name) ?? 0) + 1)
    return request
  }

  /** Takes back what it has been told to cancel. */
  cancelled(): ReadonlyArray<string> {
    const words: Array<PeerMessage.PeerMessage> = []
    this.requests.takeCancels(words)
    const names = words.flatMap((word) => (word._tag === "Cancel" ? [nameOf(word)] : []))
    for (const name of names) this.outstanding.delete(name)
    return names
  }
}

const planOf = (pieces: number) =>
  new PiecePlan(Geometry.make(pieceLength, pieces * pieceLength), Bitfield.Bitfield.empty(pieces), {
    lend: () => new Uint8Array(pieceLength),
    salt: [1, 2],
  })

const count = (maximum: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum }))

const Event = Schema.Union([
  Schema.Struct({ _tag: Schema.Literal("ask"), peer: count(3) }),
  Schema.Struct({ _tag: Schema.Literal("give"), peer: count(3) }),
  Schema.Struct({
    _tag: Schema.Literal("pace"),
    peer: count(3),
    rate: Schema.Literals([0, 1000, 20_000, 1_000_000]),
    waited: Schema.Literals([0, 1, 5, 30]),
  }),
])

describe("relief", () => {
  it.effect.prop(
    "whatever four peers give or do not: nobody is asked for what it lacks, at most two for a block, each of them once, and who has lost is told",
    [Schema.Array(Event).check(Schema.isMaxLength(200)), count(1_000_000)],
    ([events, parts]) =>
      Effect.sync(() => {
        const pieces = 6
        const plan = planOf(pieces)
        const has = (peer: number) => (piece: number) => peer === 0 || ((parts >> (peer * 5)) & (1 << piece)) !== 0
        const peers = Array.from({ length: 4 }, (_, peer) => new Peer(plan, `peer ${peer}`, has(peer)))
        const here = new Set<string>()
        for (const event of events) {
          const peer = peers[event.peer]!
          switch (event._tag) {
            case "ask": {
              const range = peer.ask()
              if (range === undefined) break
              assert.isTrue(has(event.peer)(range.piece), "it has the piece")
              assert.isFalse(here.has(nameOf(range)), "it is not here yet")
              assert.isAtMost(peer.asked.get(nameOf(range))!, 1, "once of each, while nobody chokes or leaves")
              break
            }
            case "give": {
              const [range] = peer.outstanding.values()
              if (range === undefined) break
              peer.outstanding.delete(nameOf(range))
              peer.requests.arrive({ _tag: "Piece", ...range, block })
              here.add(nameOf(range))
              break
            }
            case "pace":
              peer.rate = event.rate
              peer.waited = event.waited
          }
          for (const other of peers) other.cancelled()
          for (const name of here) {
            assert.isFalse(
              peers.some(({ outstanding }) => outstanding.has(name)),
              "who owes what is here is told",
            )
          }
          for (const name of new Set(peers.flatMap(({ outstanding }) => [...outstanding.keys()]))) {
            assert.isAtMost(peers.filter(({ outstanding }) => outstanding.has(name)).length, 2)
          }
        }
      }),
    { arbitrary: { runs: 500 } },
  )

  it("while pieces are missing that nobody fetches, only what a stalled peer owes is asked of another", () => {
    const plan = planOf(2)
    const slow = new Peer(plan, "slow", (piece) => piece === 0)
    const quick = new Peer(plan, "quick", (piece) => piece === 0)
    const ranges = [slow.ask(), slow.ask()]
    assert.strictEqual(ranges.filter((range) => range !== undefined).length, 2)
    slow.rate = 1000
    slow.waited = 3
    quick.rate = 1_000_000
    assert.isUndefined(quick.ask())
    slow.waited = 5
    assert.isDefined(quick.ask())
  })

  it("at the end whoever is several times slower is relieved, and not again by whom it relieved", () => {
    const plan = planOf(1)
    const slow = new Peer(plan, "slow", () => true)
    const quick = new Peer(plan, "quick", () => true)
    slow.ask()
    slow.ask()
    slow.rate = 1000
    quick.rate = 1_000_000
    assert.isDefined(quick.ask())
    assert.isDefined(quick.ask())
    // Now it is the other one that gives nothing; who was slow is asked already.
    quick.rate = 0
    quick.waited = 30
    slow.rate = 1_000_000
    assert.isUndefined(slow.ask())
  })

  it("at the end who gives is asked for what two have been asked for that give nothing, after a moment", () => {
    const plan = planOf(2)
    const giver = new Peer(plan, "giver", () => true)
    const silent = [new Peer(plan, "silent", () => true), new Peer(plan, "as silent", () => true)]
    const first = giver.ask()!
    giver.requests.arrive({ _tag: "Piece", ...first, block })
    giver.ask()
    for (const peer of [...silent, ...silent]) peer.ask()
    giver.rate = 1_000_000
    const askAll = () => {
      for (let range = giver.ask(); range !== undefined; range = giver.ask()) continue
      return giver.asked.size
    }
    for (const peer of silent) peer.waited = 0.5
    assert.strictEqual(askAll(), 2, "they may be about to send it")
    for (const peer of silent) peer.waited = 1.5
    assert.strictEqual(askAll(), 4, "of all that is missing nothing is left to the silent ones alone")
  })
})

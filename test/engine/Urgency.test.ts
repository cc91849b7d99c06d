/** What readers wait for: who is asked for it, and that nothing is lost by it, whatever peers and readers do. */
import { assert, describe, it } from "@effect/vitest"
import { Bitfield, Geometry, type PeerMessage } from "@unchoke/protocol"
import { Effect, Schema } from "effect"
import type { Window } from "@unchoke/engine/internal"
import { PiecePlan, Requests } from "@unchoke/engine/internal"

const blocksPerPiece = 4
const pieceLength = blocksPerPiece * 16_384
const block = new Uint8Array(16_384)
const pieces = 12

type Range = Pick<PeerMessage.Of<"Request">, "piece" | "begin">
const nameOf = ({ begin, piece }: Range) => `${piece}:${begin}`

/** A plan with so many buffers; what is filled is stored at once. */
class Stage {
  readonly plan: PiecePlan
  readonly peers: ReadonlyArray<Peer>
  readonly stored: Array<number> = []
  lent = 0

  constructor(buffers: number, has: ReadonlyArray<(piece: number) => boolean>) {
    const lend = () => {
      if (this.lent === buffers) return undefined
      this.lent++
      return new Uint8Array(pieceLength)
    }
    this.plan = new PiecePlan(Geometry.make(pieceLength, pieces * pieceLength), Bitfield.Bitfield.empty(pieces), {
      lend,
      salt: [1, 2],
    })
    this.peers = has.map((has, nth) => new Peer(this, `peer ${nth}`, has))
  }

  /** Everybody hears what need not be sent. */
  tell(): void {
    for (const peer of this.peers) peer.cancelled()
  }
}

class Peer {
  readonly requests: Requests
  readonly outstanding = new Map<string, Range>()
  rate: number | undefined
  waited = 0
  readonly #stage: Stage

  constructor(stage: Stage, peer: string, has: (piece: number) => boolean) {
    this.#stage = stage
    const complete = () => false
    this.requests = new Requests(stage.plan, { peer, has, complete, rate: () => this.rate, waited: () => this.waited })
  }

  ask(): Range | undefined {
    const request = this.requests.next()
    if (request === undefined) return undefined
    assert.isFalse(this.outstanding.has(nameOf(request)), "it is not asked already")
    this.outstanding.set(nameOf(request), request)
    return request
  }

  give(): void {
    const [range] = this.outstanding.values()
    if (range === undefined) return
    this.outstanding.delete(nameOf(range))
    const arrival = this.requests.arrive({ _tag: "Piece", ...range, block })
    if (arrival._tag !== "Filled") return
    this.#stage.lent--
    this.#stage.plan.store(this.#stage.plan.exhibit(arrival.filling))
    this.#stage.stored.push(arrival.filling.piece)
  }

  cancelled(): void {
    const words: Array<PeerMessage.PeerMessage> = []
    this.requests.takeCancels(words)
    for (const word of words) if (word._tag === "Cancel") this.outstanding.delete(nameOf(word))
  }
}

const count = (maximum: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum }))
const peer = count(2)

const Event = Schema.Union([
  Schema.Struct({ _tag: Schema.Literal("ask"), peer }),
  Schema.Struct({ _tag: Schema.Literal("give"), peer }),
  Schema.Struct({ _tag: Schema.Literal("look"), peer }),
  Schema.Struct({ _tag: Schema.Literal("choke"), peer }),
  Schema.Struct({ _tag: Schema.Literal("read"), reader: count(1), from: count(pieces - 1), length: count(4) }),
  Schema.Struct({ _tag: Schema.Literal("leave"), reader: count(1) }),
  Schema.Struct({
    _tag: Schema.Literal("pace"),
    peer,
    rate: Schema.Literals([1000, 100_000, 1_000_000]),
    waited: Schema.Literals([0, 1, 30]),
  }),
])

const all = () => true

describe("Urgency", () => {
  it.effect.prop(
    "of peers that are alike each is asked for its share of the next piece, and nothing is asked of two, in whatever order they come to it",
    [
      Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 90, maximum: 110 }))).check(
        Schema.isMinLength(2),
        Schema.isMaxLength(2),
      ),
    ],
    ([rates]) =>
      Effect.sync(() => {
        const stage = new Stage(pieces, [all, all])
        for (const [nth, peer] of stage.peers.entries()) peer.rate = 1000 * rates[nth]!
        stage.plan.urgency.open(() => {}).move(4, 10)
        const asked = stage.peers.flatMap((peer) => Array.from({ length: 10 }, () => peer.ask()))
        assert.strictEqual(new Set(asked.map((range) => nameOf(range!))).size, asked.length)
        for (const { outstanding } of stage.peers) {
          const share = [...outstanding.values()].filter(({ piece }) => piece === 4).length
          assert.approximately(share, blocksPerPiece / 2, 1)
        }
      }),
  )

  it.effect.prop(
    "whatever readers and peers do: at most two are asked for a block, no buffer is lost, and one good peer completes it",
    [Schema.Array(Event).check(Schema.isMaxLength(150)), count(1 << 24), Schema.Literals([1, 2, 4])],
    ([events, parts, buffers]) =>
      Effect.sync(() => {
        const part = (nth: number) => (piece: number) => ((parts >> (nth * pieces)) & (1 << piece)) !== 0
        const stage = new Stage(buffers, [all, part(0), part(1)])
        const { peers, plan } = stage
        const readers: Array<Window | undefined> = []
        for (const event of events) {
          switch (event._tag) {
            case "ask":
              peers[event.peer]!.ask()
              break
            case "give":
              peers[event.peer]!.give()
              break
            case "look":
              peers[event.peer]!.requests.look()
              break
            case "choke":
              peers[event.peer]!.requests.giveUp()
              peers[event.peer]!.outstanding.clear()
              break
            case "pace":
              Object.assign(peers[event.peer]!, { rate: event.rate, waited: event.waited })
              break
            case "read":
              readers[event.reader] ??= plan.urgency.open(() => {})
              readers[event.reader]!.move(event.from, Math.min(pieces, event.from + event.length))
              break
            case "leave":
              readers[event.reader]?.close()
              readers[event.reader] = undefined
          }
          stage.tell()
          for (const name of new Set(peers.flatMap(({ outstanding }) => [...outstanding.keys()]))) {
            assert.isAtMost(peers.filter(({ outstanding }) => outstanding.has(name)).length, 2)
          }
          assert.strictEqual(plan.inFlight, stage.lent)
          const asked = new Set(peers.flatMap(({ outstanding }) => [...outstanding.values()].map(({ piece }) => piece)))
          assert.isAtMost(asked.size, plan.inFlight, "what is asked for is waited for")
        }
        // The others hang up, and the first one gives.
        for (const other of peers.slice(1)) {
          other.requests.leave()
          other.outstanding.clear()
        }
        Object.assign(peers[0]!, { rate: 1_000_000, waited: 0 })
        for (let turn = 0; turn < 10 * pieces * blocksPerPiece && !plan.complete; turn++) {
          peers[0]!.requests.look()
          peers[0]!.ask()
          peers[0]!.give()
        }
        assert.isTrue(plan.complete)
        assert.strictEqual(stage.lent, 0)
      }),
    { arbitrary: { runs: 500 } },
  )

  it.effect.prop(
    "of the pieces that two read, the next of each goes before the second next of any",
    [count(pieces - 4), count(pieces - 4)],
    ([one, other]) =>
      Effect.sync(() => {
        const { peers, plan, stored } = new Stage(4, [all])
        for (const from of [one, other]) plan.urgency.open(() => {}).move(from, from + 3)
        const wanted = new Set([0, 1, 2].flatMap((rank) => [one + rank, other + rank]))
        for (let turn = 0; turn < wanted.size * blocksPerPiece; turn++) {
          peers[0]!.ask()
          peers[0]!.give()
        }
        const rankOf = (piece: number) =>
          Math.min(...[one, other].map((from) => (piece < from ? Infinity : piece - from)))
        assert.strictEqual(stored.length, wanted.size)
        assert.isAtMost(rankOf(stored[0]!), 0)
        assert.isBelow(Math.max(...stored.map(rankOf)), 3, stored.join())
      }),
  )

  it("many fetch the next piece together, and who leaves it to nobody has left it", () => {
    const { peers, plan, ...stage } = new Stage(4, [all, all, all])
    void stage
    const reader = plan.urgency.open(() => {})
    reader.move(7, 9)
    const asked = peers.map((peer) => peer.ask()!.piece)
    assert.deepStrictEqual(asked, [7, 7, 7])
    reader.close()
    assert.isFalse(plan.urgency.any)
    assert.isFalse(plan.urgency.wants(7))
  })

  it("who seeks: what is not urgent is taken back from whoever has what is", () => {
    const stage = new Stage(2, [all, (piece) => piece < 4])
    const [whole, part] = stage.peers
    for (let n = 0; n < 4; n++) whole!.ask()
    for (let n = 0; n < 4; n++) part!.ask()
    let leaps = 0
    stage.plan.whenLeapt(() => leaps++)
    const reader = stage.plan.urgency.open(() => {})
    reader.move(10, 12)
    stage.tell()
    assert.strictEqual(leaps, 1)
    assert.strictEqual(whole!.outstanding.size, 0)
    assert.strictEqual(part!.outstanding.size, 4)
    // Both buffers were out: one was given up.
    assert.strictEqual(whole!.ask()!.piece, 10)
    // Reading on is no leap.
    reader.move(11, 12)
    assert.strictEqual(leaps, 1)
  })

  it("what made way and is asked for again is not taken back by the answer to the first request", () => {
    const stage = new Stage(4, [all])
    const [one] = stage.peers
    const range = one!.ask()!
    const reader = stage.plan.urgency.open(() => {})
    reader.move((range.piece + 1) % pieces, ((range.piece + 1) % pieces) + 1)
    stage.tell()
    reader.close()
    const asked = new Set<string>()
    for (let n = 0; n < blocksPerPiece; n++) asked.add(nameOf(one!.ask()!))
    assert.isTrue(asked.has(nameOf(range)))
    one!.requests.refuse(range)
    assert.isTrue(one!.requests.owes(range))
    assert.isFalse(one!.requests.refusing)
    one!.requests.refuse(range)
    assert.isFalse(one!.requests.owes(range))
    assert.isTrue(one!.requests.refusing)
  })
})

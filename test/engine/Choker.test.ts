import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { Choker } from "@unchoke/engine/internal"

const within = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const Nth = within(0, 7)
const Rate = within(0, 5)
const Op = Schema.TaggedUnion({
  Join: { interested: Schema.Boolean, gives: Rate, takes: Rate },
  Leave: { nth: Nth },
  Interest: { nth: Nth, interested: Schema.Boolean },
  Exclude: { nth: Nth },
  Rates: { nth: Nth, gives: Rate, takes: Rate },
  /** Some of the time until the next round passes. */
  Pass: {},
  Round: { places: within(0, 5), seeding: Schema.Boolean, chance: within(0, 999) },
})

type Peer = { -readonly [Key in keyof Choker.Applicant<number>]: Choker.Applicant<number>[Key] }

const seconds = 1000

/** A swarm in which anything happens, and what each peer was told when. */
class World {
  now = 0
  rounds = 0
  choker = Choker.initial<number>()
  peers: Array<Peer> = []
  readonly told = new Map<number, { readonly choked: boolean; readonly at: number }>()
  #next = 0

  act(op: typeof Op.Type): void {
    // Nothing else happens in the moment of a round.
    this.now++
    switch (op._tag) {
      case "Join":
        this.peers.push({ peer: this.#next++, interested: op.interested, gives: op.gives, takes: op.takes })
        return this.fill()
      case "Leave":
        if (this.peers.length > 0) this.peers.splice(op.nth % this.peers.length, 1)
        return this.fill()
      case "Interest":
        return this.with(op.nth, (peer) => {
          peer.interested = op.interested
          this.fill()
        })
      case "Exclude":
        return this.with(op.nth, (peer) => {
          peer.excluded = true
          this.fill()
        })
      case "Rates":
        return this.with(op.nth, (peer) => {
          peer.gives = op.gives
          peer.takes = op.takes
        })
      case "Pass":
        this.now = Math.min(this.now + 2 * seconds, this.rounds * 10 * seconds + 9.999 * seconds)
        return this.fill()
      case "Round":
        this.now = ++this.rounds * 10 * seconds
        return this.round({ places: op.places, seeding: op.seeding, chance: op.chance / 1000 })
    }
  }

  with(nth: number, change: (peer: Peer) => void): void {
    const peer = this.peers[nth % this.peers.length]
    if (peer !== undefined) change(peer)
  }

  eligible(): Array<Peer> {
    return this.peers.filter(({ excluded, interested }) => interested && excluded !== true)
  }

  fill(): void {
    // A place is filled after a round, never with it.
    this.now = Math.min(this.now + 1, this.rounds * 10 * seconds + 9.999 * seconds)
    const before = this.choker
    const after = Choker.fill(before, this.peers)
    this.tell(after, before.places)
    const waiting = this.eligible().filter(({ peer }) => !after.unchoked.has(peer))
    const inUse = this.eligible().filter(({ peer }) => after.unchoked.has(peer)).length
    if (inUse < after.places) {
      for (const { peer } of waiting)
        assert.isTrue(this.told.get(peer)?.choked, "only who was choked of late waits while a place is free")
    }
    assert.deepStrictEqual(Choker.fill(after, this.peers), after, "there is nothing left to do")
  }

  round(round: Omit<Choker.Round<number>, "peers">): void {
    const before = this.choker
    const eligible = this.eligible()
    const rested = eligible.filter(({ peer }) => !this.isWithin10s(peer, true))
    const fresh = eligible.filter(({ peer }) => before.unchoked.has(peer) && this.isWithin10s(peer, false))
    const after = Choker.next(before, { ...round, peers: this.peers })
    assert.deepStrictEqual(Choker.next(before, { ...round, peers: this.peers }), after, "the same again")
    for (const peer of after.unchoked)
      assert.isTrue(
        eligible.some((one) => one.peer === peer),
        "nobody has a place who wants none or must not have it",
      )
    const most = Math.max(...rested.map(({ gives }) => gives))
    const best = rested.filter(({ gives }) => gives === most && gives > 0).map(({ peer }) => peer)
    if (round.places > 0 && !round.seeding && best.length > 0)
      assert.isTrue(
        best.some((peer) => after.unchoked.has(peer)),
        "who gives most has a place",
      )
    const dropped = fresh.filter(({ peer }) => !after.unchoked.has(peer))
    if (dropped.length > 0) {
      const others = [...after.unchoked].filter((peer) => !fresh.some((one) => one.peer === peer))
      assert.strictEqual(after.unchoked.size, after.places)
      assert.isTrue(others.length <= 1 && others.every((peer) => best.includes(peer)), "only for want of places")
    }
    const waits = rested.some(({ peer }) => !after.unchoked.has(peer))
    if (waits) assert.strictEqual(after.unchoked.size, after.places, "no place is free while somebody waits")
    this.tell(after, round.places)
    assert.strictEqual(
      Choker.isFull(after, this.peers),
      eligible.some(({ peer }) => !after.unchoked.has(peer)) && after.unchoked.size === after.places,
    )
  }

  isWithin10s(peer: number, choked: boolean): boolean {
    const told = this.told.get(peer)
    return told !== undefined && told.choked === choked && this.now - told.at < 10 * seconds
  }

  /** Nobody is told the same twice, nor choked and unchoked within ten seconds. */
  tell(after: Choker.Choker<number>, places: number): void {
    const { choke, unchoke } = Choker.changes(this.choker, after)
    for (const peer of choke) {
      assert.isFalse(this.told.get(peer)!.choked)
      assert.isTrue(this.peers.some((one) => one.peer === peer))
      this.told.set(peer, { choked: true, at: this.now })
    }
    for (const peer of unchoke) {
      assert.isTrue(this.told.get(peer)?.choked ?? true)
      assert.isFalse(this.isWithin10s(peer, true), "choked and unchoked within ten seconds")
      this.told.set(peer, { choked: false, at: this.now })
    }
    this.choker = after
    assert.isAtMost(after.unchoked.size, places)
    const unchoked = this.peers.filter(({ peer }) => this.told.get(peer)?.choked === false)
    assert.deepStrictEqual(new Set(unchoked.map(({ peer }) => peer)), after.unchoked, "they know how they stand")
  }
}

const applicants = (
  count: number,
  gives: (peer: number) => number = () => 0,
  takes: (peer: number) => number = () => 1,
) => Array.from({ length: count }, (_, peer) => ({ peer, interested: true, gives: gives(peer), takes: takes(peer) }))

describe("Choker", () => {
  it.prop(
    "whatever happens: places are kept, the best giver has one, nobody flips, no place is idle",
    [Schema.Array(Op).check(Schema.isMinLength(30), Schema.isMaxLength(60))],
    ([ops]) => {
      const world = new World()
      for (let peer = 0; peer < 5; peer++) world.act({ _tag: "Join", interested: true, gives: peer, takes: 1 })
      for (const op of ops) world.act(op)
    },
    { arbitrary: { runs: 500 } },
  )

  it.prop(
    "seeding, everybody is served in turn, and nobody stays for more than a minute while others wait",
    [within(1, 5), within(1, 12), Schema.Array(Rate).check(Schema.isMinLength(1)), within(0, 999)],
    ([slots, surplus, rates, luck]) => {
      const count = slots + 1 + surplus
      const served = new Map<number, number>()
      const since = new Map<number, number>()
      let choker = Choker.initial<number>()
      for (let round = 1; round <= 12 * count; round++) {
        const peers = applicants(
          count,
          () => 7,
          (peer) => rates[(peer + round) % rates.length]!,
        )
        choker = Choker.next(choker, {
          peers,
          places: slots + 1,
          seeding: true,
          chance: ((luck * round) % 1000) / 1000,
        })
        assert.strictEqual(choker.unchoked.size, slots + 1)
        for (const { peer } of peers) {
          if (choker.unchoked.has(peer)) {
            served.set(peer, round)
            if (!since.has(peer)) since.set(peer, round)
            assert.isBelow(round - since.get(peer)!, 6)
          } else {
            since.delete(peer)
            assert.isAtMost(round - (served.get(peer) ?? 0), 6 * count)
          }
        }
      }
    },
    { arbitrary: { runs: 60 } },
  )

  it.prop("seeding, who takes faster is served longer", [within(1, 4), within(2, 5)], ([slots, times]) => {
    const count = times * (slots + 1)
    let choker = Choker.initial<number>()
    const rounds = { fast: 0, slow: 0 }
    for (let round = 0; round < 60 * count; round++) {
      const peers = applicants(count, undefined, (peer) => (peer % 2 === 0 ? 100 : 1))
      choker = Choker.next(choker, { peers, places: slots + 1, seeding: true, chance: (round * 0.618) % 1 })
      for (const peer of choker.unchoked) rounds[peer % 2 === 0 ? "fast" : "slow"]++
    }
    const [fast, slow] = [Math.ceil(count / 2), Math.floor(count / 2)]
    assert.isAbove(rounds.fast / fast, (1.1 * rounds.slow) / slow)
  })

  it.prop(
    "downloading, the best givers stay and the optimistic place moves every thirty seconds among the others",
    [within(1, 6), within(2, 9), within(0, 999)],
    ([slots, surplus, luck]) => {
      const peers = applicants(slots + surplus, (peer) => 100 - peer)
      let choker = Choker.initial<number>()
      const lucky: Array<number> = []
      for (let round = 0; round < 300; round++) {
        choker = Choker.next(choker, {
          peers,
          places: slots + 1,
          seeding: false,
          chance: (luck / 1000 + round * 0.618) % 1,
        })
        for (let best = 0; best < slots; best++) assert.isTrue(choker.unchoked.has(best))
        lucky.push(choker.optimistic!.peer)
      }
      for (let round = 3; round < lucky.length; round++) {
        const moved = round % 3 === 0
        assert.strictEqual(lucky[round] !== lucky[round - 1], moved)
      }
      assert.deepStrictEqual(new Set(lucky), new Set(Array.from({ length: surplus }, (_, nth) => slots + nth)))
    },
  )

  it.prop(
    "a place that is free between two rounds goes to who gives most, though others have waited longer",
    [within(1, 4), within(1, 6), within(1, 6)],
    ([slots, riders, givers]) => {
      const here = applicants(slots + 1, () => 200)
      const first = Choker.next(Choker.initial<number>(), { peers: here, places: slots + 1, seeding: false, chance: 0 })
      const waits = applicants(slots + 1 + riders + givers, (peer) => (peer <= slots + riders ? 0 : peer))
      const full = Choker.fill(first, waits)
      assert.deepStrictEqual(full.unchoked, first.unchoked)
      const one = Choker.fill(
        full,
        waits.filter(({ peer }) => peer !== 0),
      )
      assert.isTrue(one.unchoked.has(slots + riders + givers))
    },
  )

  it("newcomers are three times as likely to be the optimistic one", () => {
    const slots = 1
    const old = applicants(3, (peer) => (peer === 0 ? 100 : 0))
    let choker = Choker.initial<number>()
    const round = { places: slots + 1, seeding: false, chance: 0 }
    while (choker.round < 8) choker = Choker.next(choker, { ...round, peers: old })
    // The next one moves it away from one of the two; so the other one and two newcomers are left.
    const peers = applicants(5, (peer) => (peer === 0 ? 100 : 0))
    while (choker.round % 3 !== 0) choker = Choker.next(choker, { ...round, peers: old })
    const chosen = Array.from({ length: 700 }, (_, nth) => {
      const { optimistic } = Choker.next(choker, { ...round, peers, chance: (nth + 0.5) / 700 })
      return optimistic!.peer
    })
    const times = (peer: number) => chosen.filter((one) => one === peer).length
    const [waiting] = [1, 2].filter((peer) => peer !== choker.optimistic!.peer)
    assert.deepStrictEqual([times(waiting!), times(3), times(4)], [100, 300, 300])
  })
})

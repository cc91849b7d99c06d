/** How the torrents of a session share the places of those whom it serves. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { allot, Places } from "@unchoke/engine/internal"

const within = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const sum = (numbers: ReadonlyArray<number>) => numbers.reduce((all, one) => all + one, 0)
const Wanted = Schema.Array(within(0, 12)).check(Schema.isMinLength(1), Schema.isMaxLength(20))
const round = 10_000

/** Torrents that want so many each and take what they may have, in rounds of their own. */
class Session {
  readonly places: Places
  readonly torrents: ReadonlyArray<{ wanted: number; served: number; readonly tenant: ReturnType<Places["enter"]> }>
  now = 0

  constructor(wanted: ReadonlyArray<number>, limit?: number) {
    this.places = new Places(limit)
    this.torrents = wanted.map((wanted) => ({ wanted, served: 0, tenant: this.places.enter() }))
  }

  /** The round of one of them: whoever has no place then goes. */
  round(index: number): void {
    const torrent = this.torrents[index]!
    const { served, tenant, wanted } = torrent
    // Nothing is ever sent, so there are as many places all the time.
    const places = tenant.round({ wanted, rate: 0, full: wanted > served }, this.now)
    torrent.served = Math.min(wanted, places)
    tenant.use(torrent.served)
    this.check()
  }

  /** Somebody has come, or gone, between rounds. */
  fill(index: number): void {
    const torrent = this.torrents[index]!
    torrent.served = Math.min(torrent.wanted, torrent.tenant.most())
    torrent.tenant.use(torrent.served)
    this.check()
  }

  get served(): ReadonlyArray<number> {
    return this.torrents.map(({ served }) => served)
  }

  rounds(times: number): void {
    for (let time = 0; time < times; time++) {
      this.torrents.forEach((_, index) => {
        this.now += round / this.torrents.length
        this.round(index)
      })
    }
  }

  check(): void {
    assert.isAtMost(sum(this.served), this.places.all)
  }
}

describe("allot", () => {
  it.prop(
    "gives all there is to whoever wants it, nobody more than it wants, and nobody two more than another that wants more",
    [Wanted, within(0, 60), within(0, 1000)],
    ([wanted, places, turn]) => {
      const shares = allot(wanted, places, turn)
      assert.strictEqual(sum(shares), Math.min(places, sum(wanted)))
      shares.forEach((share, index) => {
        assert.isAtMost(share, wanted[index]!)
        if (share < wanted[index]!) assert.isAtMost(Math.max(...shares), share + 1)
      })
    },
  )

  it.prop(
    "where there are fewer than torrents that want one, each has its turn",
    [Wanted, within(1, 6)],
    ([wanted, places]) => {
      const wanting = wanted.filter((wants) => wants > 0).length
      const had = wanted.map(() => 0)
      for (let turn = 0; turn < Math.ceil(wanting / places); turn++) {
        allot(wanted, places, turn * places).forEach((share, index) => (had[index]! += share))
      }
      had.forEach((places, index) => assert.strictEqual(places > 0, wanted[index]! > 0))
    },
  )
})

describe("places", () => {
  const Op = Schema.Struct({
    of: within(0, 19),
    wanted: within(0, 12),
    what: Schema.Literals(["round", "fill"]),
    pass: within(0, round),
  })
  it.prop(
    "whatever comes and goes and when: never more are served than there are places, and three rounds later all is shared fairly",
    [Wanted, Schema.Array(Op)],
    ([wanted, ops]) => {
      const session = new Session(wanted)
      for (const { of, pass, wanted, what } of ops) {
        const index = of % session.torrents.length
        session.now += pass
        session.torrents[index]!.wanted = wanted
        session[what](index)
      }
      // One until all have said what they want, one until whoever has too much has given it back.
      session.rounds(3)
      const wants = session.torrents.map(({ wanted }) => wanted)
      assert.strictEqual(sum(session.served), Math.min(session.places.all, sum(wants)))
      session.served.forEach((served, index) => {
        if (served < wants[index]!) assert.isAtMost(Math.max(...session.served), served + 1)
      })
    },
    { arbitrary: { runs: 200 } },
  )

  it.prop("one torrent alone has all of them, between rounds too", [within(1, 100)], ([wanted]) => {
    const session = new Session([wanted])
    session.fill(0)
    assert.strictEqual(session.served[0], Math.min(wanted, session.places.all))
    session.rounds(3)
    assert.strictEqual(session.served[0], Math.min(wanted, session.places.all))
  })

  it.prop(
    "of more torrents than places each serves somebody within the minutes that it takes",
    [within(6, 30)],
    ([torrents]) => {
      const session = new Session(Array.from({ length: torrents }, () => 3))
      const had = new Set<number>()
      const turns = Math.ceil(torrents / session.places.all) + 1
      for (let time = 0; time < 7 * turns; time++) {
        session.rounds(1)
        session.served.forEach((served, index) => served > 0 && had.add(index))
      }
      assert.strictEqual(had.size, torrents)
    },
  )

  it("a limit of a torrent's own bounds it, and one of the session's all of them", () => {
    const session = new Session([9, 9], 16 * 1024)
    session.rounds(3)
    assert.strictEqual(sum(session.served), 3)
    const { tenant } = new Session([9]).torrents[0]!
    assert.strictEqual(tenant.round({ wanted: 9, rate: 0, full: true, limit: 16 * 1024 }, 0), 3)
    assert.strictEqual(tenant.round({ wanted: 9, rate: 0, full: true, limit: 0 }, round), 0)
  })

  it("who has left has nothing any more, and takes nothing with it", () => {
    const session = new Session([9, 9])
    session.rounds(3)
    const [first, second] = session.torrents
    first!.tenant.leave()
    first!.tenant.use(7)
    first!.served = 0
    assert.strictEqual(second!.tenant.most(), session.places.all)
  })
})

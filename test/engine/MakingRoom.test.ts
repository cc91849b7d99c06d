import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { type Occupant, MakingRoom } from "@unchoke/engine/internal"

const within = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const Here = Schema.Struct({
  since: within(0, 60_000),
  useful: within(0, 3),
  choking: Schema.Boolean,
  serving: Schema.Boolean,
  wants: Schema.Boolean,
})

const guest = ({ choking, serving, since, useful, wants }: typeof Here.Type): Occupant => ({
  since,
  terms: { serving, wants, useful, standing: useful === 0 ? "idle" : choking ? "parked" : "supplying" },
})

const mayBeOfUse = ({ terms }: Occupant) => terms.useful > 0 || terms.wants

describe("MakingRoom", () => {
  it.prop(
    "lets nobody go who gives or is served, nobody who has just come, and no more than wait",
    [Schema.Array(Here), within(0, 8), within(0, 20), Schema.Boolean],
    ([some, waiting, unknown, seeding]) => {
      const members = some.map(guest)
      const leaving = new MakingRoom().leaving({ members, waiting, unknown, seeding, now: 60_000 })
      assert.strictEqual(new Set(leaving).size, leaving.length)
      assert.isAtMost(leaving.length, waiting === 0 ? 0 : Math.max(waiting, unknown))
      for (const { since, terms } of leaving) {
        assert.notStrictEqual(terms.standing, "supplying")
        assert.isFalse(terms.serving && terms.wants)
        assert.isAtLeast(60_000 - since, terms.standing === "parked" ? 3000 : 5000)
      }
      // A round of unchokes takes 10 s.
      const parked = members.filter(({ terms }) => terms.standing === "parked").toSorted((a, b) => a.since - b.since)
      const hasTime = parked.filter(({ since }, index) => 60_000 - since < 15_000 && 2 * index < parked.length)
      assert.isFalse(hasTime.some((one) => leaving.includes(one)))
      // Who is known to choke us makes no haste for others who are known.
      if (unknown > 0 && !seeding) return
      assert.isFalse(leaving.some(({ since, terms }) => terms.standing === "parked" && 60_000 - since < 15_000))
    },
  )

  it.prop(
    "changes those who may be of use one in ten seconds where enough give, or we seed",
    [Schema.Array(Here).check(Schema.isMinLength(1)), within(1, 8), within(1, 120)],
    ([some, waiting, looks]) => {
      const makingRoom = new MakingRoom()
      let members = some.map(guest)
      let changed = 0
      for (let look = 0; look < looks; look++) {
        const leaving = makingRoom.leaving({
          members,
          waiting,
          unknown: 50,
          seeding: true,
          now: 60_000 + 500 * look,
        })
        changed += leaving.filter(mayBeOfUse).length
        members = members.filter((member) => !leaving.includes(member))
      }
      assert.isAtMost(changed, 1 + Math.floor((500 * (looks - 1)) / 10_000))
    },
  )

  it.prop(
    "goes through a list of those who choke us as fast as others wait, while hardly anybody gives",
    [within(1, 40), within(1, 40)],
    ([parked, waiting]) => {
      const members = Array.from({ length: parked }, () =>
        guest({ since: 0, useful: 1, choking: true, serving: false, wants: false }),
      )
      const leaving = new MakingRoom().leaving({ members, waiting, unknown: 0, seeding: false, now: 15_000 })
      assert.strictEqual(leaving.length, Math.min(parked, waiting))
    },
  )

  it.prop(
    "goes through a list of peers who never unchoke us half a crowd at a time, every few seconds, for who is behind them",
    [within(2, 40), within(1, 300)],
    ([seats, before]) => {
      const makingRoom = new MakingRoom()
      const chokes = (since: number) => guest({ since, useful: 1, choking: true, serving: false, wants: false })
      let members: ReadonlyArray<Occupant> = []
      let called = 0
      let now = 0
      for (; called <= before; now += 500) {
        const come = Math.min(seats - members.length, before + 1 - called)
        called += come
        members = [...members, ...Array.from({ length: come }, () => chokes(now))]
        const unknown = before + 1 - called
        const leaving = makingRoom.leaving({ members, waiting: Math.min(1, unknown), unknown, seeding: false, now })
        members = members.filter((member) => !leaving.includes(member))
      }
      const turns = Math.ceil(Math.max(0, before + 1 - seats) / Math.floor(seats / 2))
      assert.isAtMost(now, 1000 + turns * 4000)
    },
  )
})

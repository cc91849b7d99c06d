import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { type Occupant, MakingRoom } from "@unchoke/engine"

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
    [Schema.Array(Here), within(0, 8), Schema.Boolean],
    ([some, waiting, seeding]) => {
      const members = some.map(guest)
      const leaving = new MakingRoom().leaving({ members, waiting, seeding, now: 60_000 })
      assert.isAtMost(leaving.length, waiting)
      for (const { since, terms } of leaving) {
        assert.notStrictEqual(terms.standing, "supplying")
        assert.isFalse(terms.serving && terms.wants)
        assert.isAtLeast(60_000 - since, terms.standing === "parked" ? 15_000 : 5000)
      }
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
        const leaving = makingRoom.leaving({ members, waiting, seeding: true, now: 60_000 + 500 * look })
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
      const leaving = new MakingRoom().leaving({ members, waiting, seeding: false, now: 15_000 })
      assert.strictEqual(leaving.length, Math.min(parked, waiting))
    },
  )
})

import { assert, it } from "@effect/vitest"
import { Schema } from "effect"
import { Watched } from "../../../packages/cli/src/many/Watched.ts"

const Look = Schema.Array(
  Schema.Struct({ name: Schema.Literals(["a", "b", "c"]), stamp: Schema.Literals(["1", "2"]) }),
).check(Schema.isMaxLength(3))

it.prop(
  "a file rests when two looks in a row found it unchanged, and is offered until it is taken, once as it is",
  [Schema.Array(Look).check(Schema.isMaxLength(20)), Schema.Array(Schema.Boolean)],
  ([looks, takes]) => {
    const watched = new Watched()
    let before = new Map<"a" | "b" | "c", { readonly stamp: string; readonly looks: number; readonly taken: boolean }>()
    for (const [nth, all] of looks.entries()) {
      const found = [...new Map(all.map((sight) => [sight.name, sight])).values()]
      const expected = new Map(
        found.map(({ name, stamp }) => {
          const last = before.get(name)
          return [
            name,
            last?.stamp === stamp ? { ...last, looks: last.looks + 1 } : { stamp, looks: 0, taken: false },
          ] as const
        }),
      )
      const resting = watched.look(found)
      assert.deepStrictEqual(
        resting,
        [...expected].flatMap(([name, { looks, taken }]) => (looks > 0 && !taken ? [{ name, looks }] : [])),
      )
      if (takes[nth] === true) {
        for (const { name } of resting as ReadonlyArray<{ name: "a" | "b" | "c" }>) {
          watched.take(name)
          expected.set(name, { ...expected.get(name)!, taken: true })
        }
      }
      before = expected
    }
  },
)

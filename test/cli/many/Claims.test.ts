import { assert, it } from "@effect/vitest"
import { Schema } from "effect"
import { Claims } from "../../../packages/cli/src/many/Claims.ts"
import { SameFiles } from "../../../packages/cli/src/many/SameFiles.ts"

const Segment = Schema.Literals(["a", "b", "c"])
const Path = Schema.Array(Segment).check(Schema.isMinLength(1), Schema.isMaxLength(3))
const Files = Schema.Array(Path).check(Schema.isMinLength(1), Schema.isMaxLength(4))

/** Whether both can be on a disk: neither is the other, or a folder that the other is in. */
const fits = (one: ReadonlyArray<string>, other: ReadonlyArray<string>): boolean => {
  const depth = Math.min(one.length, other.length)
  return one.slice(0, depth).join("/") !== other.slice(0, depth).join("/")
}

it.prop(
  "a torrent is refused when one of its files is another's, or in the way of it; what was given back is nobody's",
  [Schema.Array(Files).check(Schema.isMaxLength(6)), Schema.Array(Schema.Boolean)],
  ([torrents, leaving]) => {
    const claims = new Claims()
    let here: Array<{ readonly files: ReadonlyArray<ReadonlyArray<string>>; readonly giveBack: () => void }> = []
    for (const [nth, files] of torrents.entries()) {
      const claimed = claims.take(
        { name: "t", files: files.map((path) => ({ path, length: 1, offset: 0, padding: false })) as never },
        `${nth}.torrent`,
      )
      const isFree = here.every((other) => other.files.every((theirs) => files.every((ours) => fits(ours, theirs))))
      assert.strictEqual(!(claimed instanceof SameFiles), isFree)
      if (!(claimed instanceof SameFiles)) here.push({ files, giveBack: claimed })
      if (leaving[nth] === true) {
        here[0]?.giveBack()
        here = here.slice(1)
      }
    }
  },
)

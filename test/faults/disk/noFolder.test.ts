/** Places where no folder can be made, whoever asks. A process of its own each: Node's own way to make folders never comes back from /proc. */
import { assert, describe, it } from "@effect/vitest"
import { Content } from "@unchoke/testkit"
import { Effect } from "effect"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as Attempt from "./attempt.ts"
import { run, temporary } from "./download.ts"
import * as Seeder from "./seeder.ts"

const content = Content.make({ files: 100_000 })

describe("a folder that can't be made", () => {
  for (const [folder, above, refused] of [
    ["/proc/x", "/proc", "/proc/x"],
    ["/proc/x/y/z", "/proc", "/proc/x"],
    ["/sys/x/y", "/sys", "/sys/x"],
    ["/dev/null/x", "/dev/null", "/dev/null/x"],
  ] as const) {
    ;(existsSync(above) ? it.effect : it.effect.skip)(`${folder} ends at once, naming it`, () =>
      Effect.gen(function* () {
        const { peers } = yield* Seeder.start(content)
        const { code, stderr } = yield* run(content, { folder, peers })
        assert.strictEqual(code, 5, stderr)
        assert.match(stderr, new RegExp(`Cannot (create|open) ${refused}: [^.]+\\. .* another folder`))
      }),
    )
  }

  it.effect("many that can are made", () =>
    Effect.gen(function* () {
      const folder = join(yield* temporary, "a", "b", "c", "d")
      const { peers } = yield* Seeder.start(content)
      const { code, says } = yield* Attempt.run(content, { folder: `${folder}/../d/`, peers })
      assert.strictEqual(code, 0, says)
      assert.isTrue(readFileSync(join(folder, "content.bin")).equals(content.data))
    }),
  )
})

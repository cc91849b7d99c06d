/** The same torrent into the same folder by two processes, and by one that was killed before. */
import { assert, describe, it } from "@effect/vitest"
import { Content } from "@unchoke/testkit"
import { Effect } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { run, start, temporary } from "./download.ts"
import * as Seeder from "./seeder.ts"

const pieceLength = 65_536
const content = Content.make({ files: 20 * pieceLength - 1000, pieceLength })

describe("the same download twice", () => {
  it.effect("the second ends and says who has it; the first goes on", () =>
    Effect.gen(function* () {
      const folder = join(yield* temporary, "downloads")
      const { goOn, peers } = yield* Seeder.start(content, 10 * 4)
      const first = yield* start(content, { folder, peers })
      yield* first.untilStored(10)
      const second = yield* run(content, { folder, peers })
      assert.strictEqual(second.code, 5)
      assert.include(second.stderr, `process ${first.pid} is downloading the same torrent into the same folder.`)
      yield* goOn
      const { code, stderr } = yield* first.ended
      assert.strictEqual(code, 0, stderr)
      assert.deepStrictEqual(readdirSync(folder), ["content.bin"])
    }),
  )

  it.effect("one that was killed leaves no obstacle", () =>
    Effect.gen(function* () {
      const folder = join(yield* temporary, "downloads")
      const { peers } = yield* Seeder.start(content, 10 * 4)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const first = yield* start(content, { folder, peers })
          yield* first.untilStored(10)
        }),
      )
      const rest = yield* Seeder.start(content)
      const { code, stderr } = yield* run(content, { folder, peers: rest.peers })
      assert.strictEqual(code, 0, stderr)
      assert.deepStrictEqual(readdirSync(folder), ["content.bin"])
      assert.isTrue(readFileSync(join(folder, "content.bin")).equals(content.data))
    }),
  )
})

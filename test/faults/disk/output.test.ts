/** What the command prints goes to a disk that is full. */
import { assert, describe, it } from "@effect/vitest"
import { Content } from "@unchoke/testkit"
import { Effect } from "effect"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as Attempt from "./attempt.ts"
import { run, temporary, type Within } from "./download.ts"
import * as Seeder from "./seeder.ts"

const content = Content.make({ files: 40 * 32_768 })

const into =
  (file: string): Within =>
  (command) => ["sh", "-c", `exec "$@" >${file}`, "sh", ...command]

const here = existsSync("/dev/full")

;(here ? describe : describe.skip)(here ? "output" : "output (no /dev/full here)", () => {
  it.effect("that can't be written ends the command with a sentence, and the next goes on", () =>
    Effect.gen(function* () {
      const folder = yield* temporary
      const { peers } = yield* Seeder.start(content)
      const { code, stderr } = yield* run(content, { folder, peers, within: into("/dev/full") })
      assert.strictEqual(code, 5, stderr)
      assert.match(stderr, /^error: Cannot write the output: ENOSPC[^\n]+\. Run the same command again[^\n]+\n$/)
      const last = yield* Attempt.run(content, { folder, peers })
      assert.strictEqual(last.code, 0, last.says)
      assert.isTrue(readFileSync(join(folder, "content.bin")).equals(content.data))
    }),
  )
})

/** A file from elsewhere that is mounted in the place of one of the torrent's: it cannot be told from ours by looking, and is not written to. */
import { assert, it } from "@effect/vitest"
import { Content } from "@unchoke/testkit"
import { Effect } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { run } from "./download.ts"
import { smallDisk, whenMountable } from "./namespace.ts"
import * as Seeder from "./seeder.ts"

const pieceLength = 65_536
const content = Content.make({ files: 20 * pieceLength - 1000, pieceLength })

whenMountable("a file that is mounted in a file's place", () => {
  for (const [what, bytes] of [
    ["something else", Buffer.alloc(500_000, "mine")],
    ["a part of the torrent's", Buffer.from(content.data.subarray(0, 5 * pieceLength))],
  ] as const) {
    for (const flags of [[], ["--overwrite"]]) {
      it.effect(`${what} is left as it is (${flags.join(" ") || "no flags"})`, () =>
        Effect.gen(function* () {
          const disk = yield* smallDisk("size=16m")
          writeFileSync(join(disk.seen, "elsewhere"), bytes)
          disk.sh('mkdir "$0/out" && touch "$0/out/content.bin" && mount --bind "$0/elsewhere" "$0/out/content.bin"')
          const { peers } = yield* Seeder.start(content)
          const options = { folder: join(disk.folder, "out"), within: disk.within, peers, flags }
          const { code, stderr } = yield* run(content, options)
          assert.strictEqual(code, 5, stderr)
          assert.include(stderr, join(disk.folder, "out", "content.bin"))
          assert.isTrue(readFileSync(join(disk.seen, "elsewhere")).equals(bytes))
        }),
      )
    }
  }
})

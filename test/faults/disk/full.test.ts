/** A disk that is full, while the data is written and while the record is: said so, nothing lost, and the same command goes on. */
import { assert, it } from "@effect/vitest"
import { Content } from "@unchoke/testkit"
import { Effect } from "effect"
import { existsSync, readFileSync, statfsSync, statSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type Options, run, start } from "./download.ts"
import { type SmallDisk, smallDisk, whenMountable } from "./namespace.ts"
import * as Seeder from "./seeder.ts"

const pieceLength = 65_536
const content = Content.make({ files: 60 * pieceLength - 1000, pieceLength })

const recordIn = ({ seen }: SmallDisk) =>
  join(seen, `.${Buffer.from(content.torrent.infoHash).toString("hex")}.unchoke`)

/** Goes on to the end, fetching nothing of what was stored. */
const finish = Effect.fnUntraced(function* (disk: SmallDisk, stored: ReadonlySet<number>) {
  const { peers, sent } = yield* Seeder.start(content)
  const { code, stderr } = yield* run(content, { folder: disk.folder, within: disk.within, peers })
  assert.strictEqual(code, 0, stderr)
  assert.strictEqual(sent().size, content.torrent.geometry.pieces - stored.size)
  assert.deepStrictEqual(
    [...sent()].filter((piece) => stored.has(piece)),
    [],
  )
  assert.isTrue(readFileSync(join(disk.seen, "content.bin")).equals(content.data))
})

/** Stopped in the middle: what was stored by then. */
const interrupted = Effect.fnUntraced(function* (disk: SmallDisk) {
  const { peers } = yield* Seeder.start(content, 40 * 4)
  const options: Options = { folder: disk.folder, within: disk.within, peers }
  const download = yield* start(content, options)
  yield* download.untilStored(40)
  yield* download.interrupt
  const { code, stderr } = yield* download.ended
  assert.strictEqual(code, 130, stderr)
  return download.stored
}, Effect.scoped)

whenMountable("a full disk", () => {
  it.effect("ends the download, and with more room it goes on", () =>
    Effect.gen(function* () {
      const disk = yield* smallDisk("size=2m")
      const { peers } = yield* Seeder.start(content)
      const options = { folder: disk.folder, within: disk.within, peers }
      const first = yield* run(content, options)
      assert.strictEqual(first.code, 5, first.stderr)
      assert.include(first.stderr, `Cannot write ${join(disk.folder, "content.bin")}: no space.`)
      assert.include(first.stderr, "Free some space and run the same command again")
      assert.isAbove(first.stored.size, 10)

      const again = yield* run(content, options)
      assert.strictEqual(again.code, 5, again.stderr)

      disk.sh('mount -o remount,size=64m "$0"')
      yield* finish(disk, new Set([...first.stored, ...again.stored]))
      assert.strictEqual(disk.sh('ls -A "$0"'), "content.bin\n")
    }),
  )

  it.effect("that has no room for the record keeps the data all the same", () =>
    Effect.gen(function* () {
      // The folder itself, and one file.
      const disk = yield* smallDisk("size=64m,nr_inodes=2")
      const stored = yield* interrupted(disk)
      assert.isFalse(existsSync(recordIn(disk)))
      yield* finish(disk, stored)
    }),
  )

  it.effect("whose last room goes to the record's first lines keeps the data all the same", () =>
    Effect.gen(function* () {
      const disk = yield* smallDisk("size=16m")
      const { bsize } = statfsSync(disk.seen)
      // The data's room is taken beforehand; the rest is filled up, but for one block.
      writeFileSync(join(disk.seen, "content.bin"), Buffer.alloc(content.data.length, 1))
      const ballast = join(disk.seen, "ballast")
      writeFileSync(ballast, Buffer.alloc(statfsSync(disk.seen).bavail * bsize))
      assert.strictEqual(statfsSync(disk.seen).bavail, 0)
      truncateSync(ballast, statSync(ballast).size - bsize)
      assert.strictEqual(statfsSync(disk.seen).bavail, 1)

      const stored = yield* interrupted(disk)
      assert.strictEqual(statfsSync(disk.seen).bavail, 0)
      yield* finish(disk, stored)
      assert.isFalse(existsSync(recordIn(disk)))
    }),
  )
})

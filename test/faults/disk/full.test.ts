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
      assert.include(first.stderr, `Cannot write ${join(disk.folder, "content.bin.part")}: no space.`)
      assert.include(first.stderr, "Free some space and run the same command again")
      assert.isAbove(first.stored.size, 10)

      const again = yield* run(content, options)
      assert.strictEqual(again.code, 5, again.stderr)

      disk.sh('mount -o remount,size=64m none "$0"')
      yield* finish(disk, new Set([...first.stored, ...again.stored]))
      assert.strictEqual(disk.sh('ls -A "$0"'), "content.bin\n")
    }),
  )

  it.effect("that has no room for the record keeps the data all the same", () =>
    Effect.gen(function* () {
      // The folder itself, the lock, and one file.
      const disk = yield* smallDisk("size=64m,nr_inodes=3")
      const stored = yield* interrupted(disk)
      assert.isFalse(existsSync(recordIn(disk)))
      yield* finish(disk, stored)
    }),
  )

  it.effect("whose last room goes to the record's first lines keeps the data all the same", () =>
    Effect.gen(function* () {
      const disk = yield* smallDisk("size=16m")
      const { bsize } = statfsSync(disk.seen)
      // The data's room is taken beforehand, as some clients do; the rest is filled up, but for two blocks: one is for the lock.
      writeFileSync(join(disk.seen, "content.bin"), Buffer.alloc(content.data.length))
      const ballast = join(disk.seen, "ballast")
      writeFileSync(ballast, Buffer.alloc(statfsSync(disk.seen).bavail * bsize))
      assert.strictEqual(statfsSync(disk.seen).bavail, 0)
      truncateSync(ballast, statSync(ballast).size - 2 * bsize)
      assert.strictEqual(statfsSync(disk.seen).bavail, 2)

      const stored = yield* interrupted(disk)
      assert.strictEqual(statfsSync(disk.seen).bavail, 1, "the lock is gone, the record is not")
      yield* finish(disk, stored)
      assert.isFalse(existsSync(recordIn(disk)))
    }),
  )

  it.effect("is told by the thread that writes large torrents, too", () =>
    Effect.gen(function* () {
      const large = Content.make({ files: 129 << 20, pieceLength: 1 << 20 })
      const disk = yield* smallDisk("size=40m")
      const stored = new Set<number>()
      for (const size of [40, 60]) {
        disk.sh(`mount -o remount,size=${size}m none "$0"`)
        const { peers, sent } = yield* Seeder.start(large)
        const last = yield* run(large, { folder: disk.folder, within: disk.within, peers })
        assert.strictEqual(last.code, 5, last.stderr)
        assert.include(last.stderr, `Cannot write ${join(disk.folder, "content.bin.part")}: no space.`)
        assert.isFalse([...sent()].some((piece) => stored.has(piece)))
        for (const piece of last.stored) stored.add(piece)
        assert.isAbove(stored.size, size - 10)
      }
      const bytes = readFileSync(join(disk.seen, "content.bin.part"))
      for (const piece of stored) {
        const wanted = Content.piece(large, piece)
        assert.isTrue(bytes.subarray(piece << 20, (piece << 20) + wanted.length).equals(wanted), `piece ${piece}`)
      }
    }),
  )

  it.effect("that has no room for another file names the one", () =>
    Effect.gen(function* () {
      const files = Array.from({ length: 9 }, (_, index) => ({ path: [`${index}`], length: 40_000 }))
      const album = Content.make({ name: "album", files })
      // Two folders, the lock, and five files.
      const disk = yield* smallDisk("size=16m,nr_inodes=8")
      const first = yield* Seeder.start(album)
      const options = { folder: disk.folder, within: disk.within }
      const { code, stderr } = yield* run(album, { ...options, peers: first.peers })
      assert.strictEqual(code, 5, stderr)
      assert.include(stderr, `Cannot create ${join(disk.folder, "album", "5.part")}: no space. Free some space`)
      assert.strictEqual(first.sent().size, 0)
      disk.sh('mount -o remount,nr_inodes=0 none "$0"')
      const { peers } = yield* Seeder.start(album)
      const last = yield* run(album, { ...options, peers })
      assert.strictEqual(last.code, 0, last.stderr)
      const written = files.map(({ path }) => readFileSync(join(disk.seen, "album", ...path)))
      assert.isTrue(Buffer.concat(written).equals(album.data))
    }),
  )
})

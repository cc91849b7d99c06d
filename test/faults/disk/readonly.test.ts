/** A disk or a folder that must not be written to, from the start or from the middle of a download on. */
import { assert, describe, it } from "@effect/vitest"
import { Content } from "@unchoke/testkit"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Attempt from "./attempt.ts"
import { type Command, run, start, temporary, type Within } from "./download.ts"
import { smallDisk, whenMountable } from "./namespace.ts"
import * as Seeder from "./seeder.ts"

const pieceLength = 65_536
const content = Content.make({ files: 20 * pieceLength - 1000, pieceLength })

/** Finishes what was begun, and fetches nothing of what was stored. */
const finish = Effect.fnUntraced(function* (
  content: Content.Content,
  stored: ReadonlySet<number>,
  resume: (peers: Attempt.Options["peers"]) => Effect.Effect<{ readonly code: number | null }>,
) {
  const { peers, sent } = yield* Seeder.start(content)
  assert.strictEqual((yield* resume(peers)).code, 0)
  assert.strictEqual(sent().size, content.torrent.geometry.pieces - stored.size)
  assert.isFalse([...sent()].some((piece) => stored.has(piece)))
})

whenMountable("a read-only disk", () => {
  it.effect("from the start", () =>
    Effect.gen(function* () {
      const disk = yield* smallDisk("size=16m")
      disk.sh('mount -o remount,ro none "$0"')
      const { peers, sent } = yield* Seeder.start(content)
      const options = { folder: disk.folder, within: disk.within, peers }
      const { code, stderr } = yield* run(content, options)
      assert.strictEqual(code, 5, stderr)
      assert.include(
        stderr,
        `Cannot create ${join(disk.folder, "content.bin.part")}: read-only. Make the disk writable`,
      )
      assert.strictEqual(sent().size, 0)
      disk.sh('mount -o remount,rw none "$0"')
      yield* finish(content, new Set(), (peers) => run(content, { ...options, peers }))
      assert.isTrue(readFileSync(join(disk.seen, "content.bin")).equals(content.data))
    }),
  )

  it.effect("on which everything is: nothing needs to be written, so it is done", () =>
    Effect.gen(function* () {
      const disk = yield* smallDisk("size=16m")
      writeFileSync(join(disk.seen, "content.bin"), content.data)
      disk.sh('mount -o remount,ro none "$0"')
      const { code, stderr } = yield* run(content, { folder: disk.folder, within: disk.within, peers: [] })
      assert.strictEqual(code, 0, stderr)
    }),
  )

  it.effect("from the middle on", () =>
    Effect.gen(function* () {
      // More files than are open at a time: those that are open stay writable.
      const length = pieceLength / 2
      const files = Array.from({ length: 200 }, (_, index) => ({ path: [`${index}`], length }))
      const album = Content.make({ name: "album", files, pieceLength })
      const disk = yield* smallDisk("size=32m")
      const { goOn, peers } = yield* Seeder.start(album, 10 * 4)
      const options = { folder: disk.folder, within: disk.within, peers }
      const download = yield* start(album, options)
      yield* download.untilStored(10)
      disk.sh('mount --bind "$0/album" "$0/album" && mount -o remount,bind,ro "$0/album"')
      yield* goOn
      const { code, stderr } = yield* download.ended
      assert.strictEqual(code, 5, stderr)
      assert.match(stderr, /Cannot create \S+album\/\d+: read-only\. Make the disk writable/)
      assert.isAtLeast(download.stored.size, 10)
      disk.sh('umount "$0/album"')
      yield* finish(album, download.stored, (peers) => run(album, { ...options, peers }))
      const written = files.map(({ path }) => readFileSync(join(disk.seen, "album", ...path)))
      assert.isTrue(Buffer.concat(written).equals(album.data))
    }),
  )
})

/** The superuser writes to anything, unless it gives up the right to. */
const mortal: Within = (command) =>
  process.getuid?.() === 0 ? ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--", ...command] : command

const [file, ...args]: Command = mortal(["true"])
const isMortal = spawnSync(file, args).status === 0

const name = "without permission"
const suite = isMortal ? describe : describe.skip
suite(isMortal ? name : `${name} (no setpriv here to give up the superuser's)`, () => {
  it.effect("when everything is there, none is needed", () =>
    Effect.gen(function* () {
      const folder = join(yield* temporary, "downloads")
      mkdirSync(folder)
      writeFileSync(join(folder, "content.bin"), content.data, { mode: 0o444 })
      chmodSync(folder, 0o555)
      const { code, stderr } = yield* run(content, { folder, peers: [], within: mortal })
      chmodSync(folder, 0o755)
      assert.strictEqual(code, 0, stderr)
    }),
  )

  for (const [what, place, mode, operation] of [
    ["for the folder", "", 0o555, "create"],
    ["to write the file", "content.bin", 0o444, "open"],
    ["to read the file", "content.bin", 0o200, "open"],
    ["for the folder above", "..", 0o666, "open"],
  ] as const) {
    it.effect(what, () =>
      Effect.gen(function* () {
        const folder = join(yield* temporary, "downloads")
        mkdirSync(folder)
        if (place === "content.bin") writeFileSync(join(folder, place), content.data.subarray(0, pieceLength * 3))
        const first = yield* Seeder.start(content)
        chmodSync(join(folder, place), mode)
        const options = { folder, peers: first.peers, within: mortal }
        const { code, stderr } = yield* run(content, options)
        chmodSync(join(folder, place), 0o700)
        assert.strictEqual(code, 5, stderr)
        const path = place === ".." ? folder : join(folder, "content.bin")
        assert.include(stderr, `Cannot ${operation} ${path}`)
        assert.include(stderr, ": permission denied. Get permission for it and run the same command again")
        assert.strictEqual(first.sent().size, 0)
        const there = new Set(place === "content.bin" ? [0, 1, 2] : [])
        yield* finish(content, there, (peers) => Attempt.run(content, { folder, peers }))
        assert.isTrue(readFileSync(join(folder, "content.bin")).equals(content.data))
      }),
    )
  }
})

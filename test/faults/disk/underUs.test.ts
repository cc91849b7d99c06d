/** Files and folders that are cut short, deleted, moved or replaced in the middle of a download: never written into the void, never called right. */
import { assert, describe, it } from "@effect/vitest"
import { Content } from "@unchoke/testkit"
import { Effect } from "effect"
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import * as Attempt from "./attempt.ts"
import { temporary } from "./download.ts"
import * as Seeder from "./seeder.ts"

const pieceLength = 32_768
const files = Array.from({ length: 4 }, (_, index) => ({
  path: ["disc", `${index}.flac`],
  length: 5 * pieceLength + 99,
}))
const album = Content.make({ name: "album", files, pieceLength })
const pieces = album.torrent.geometry.pieces
/** Blocks of a piece; the seeder waits in the middle of the second file, so the first is done and the last two are empty. */
const before = 8

interface Case {
  readonly what: string
  readonly happens: (paths: { readonly folder: string; readonly disc: string; readonly at: string }) => void
  readonly says: RegExp
  /** Pieces that were stored and are gone with the file. */
  readonly gone: ReadonlyArray<number>
}

const second = [5, 6, 7]
const all = [0, 1, 2, 3, 4, 5, 6, 7]

const cases: ReadonlyArray<Case> = [
  {
    what: "a file that is cut short",
    happens: ({ at }) => truncateSync(at, 3 * pieceLength),
    says: /changed/,
    gone: [],
  },
  { what: "a file that is emptied", happens: ({ at }) => truncateSync(at), says: /changed/, gone: second },
  { what: "a file that is deleted", happens: ({ at }) => unlinkSync(at), says: /not found/, gone: second },
  {
    what: "a file that is moved away",
    happens: ({ at, folder }) => renameSync(at, join(folder, "elsewhere")),
    says: /not found/,
    gone: second,
  },
  {
    what: "a file that is replaced by another of its length",
    happens: ({ at }) => {
      writeFileSync(`${at}.new`, new Uint8Array(files[1]!.length))
      renameSync(`${at}.new`, at)
    },
    says: /changed/,
    gone: second,
  },
  {
    what: "a file that is replaced by a folder",
    happens: ({ at }) => {
      unlinkSync(at)
      mkdirSync(at)
    },
    says: /changed/,
    gone: second,
  },
  {
    what: "a folder that is deleted",
    happens: ({ disc }) => rmSync(disc, { recursive: true }),
    says: /not found/,
    gone: all,
  },
  {
    what: "the download folder that is deleted",
    happens: ({ folder }) => rmSync(folder, { recursive: true }),
    says: /not found/,
    gone: all,
  },
]

/** The pieces that are in the download folder, byte for byte. */
const onDisk = (folder: string): Array<number> => {
  const data = Buffer.alloc(album.data.length)
  for (const { offset, path } of album.torrent.files) {
    const own = join(folder, ...path)
    const at = existsSync(own) ? own : `${own}.part`
    if (existsSync(at)) data.set(readFileSync(at), offset)
  }
  const all = Array.from({ length: pieces }, (_, piece) => piece)
  return all.filter((piece) => {
    const wanted = Content.piece(album, piece)
    return data.subarray(piece * pieceLength, piece * pieceLength + wanted.length).equals(wanted)
  })
}

describe("under us", () => {
  for (const { gone, happens, says: expected, what } of cases) {
    it.effect(what, () =>
      Effect.gen(function* () {
        const folder = join(yield* temporary, "downloads")
        const disc = join(folder, "album", "disc")
        const at = join(disc, "1.flac.part")
        const { goOn, peers } = yield* Seeder.start(album, before * 2)
        const { code, says, stored } = yield* Effect.scoped(
          Effect.gen(function* () {
            const { ended, stored, untilStored } = yield* Attempt.start(album, { folder, peers })
            yield* untilStored(before)
            happens({ folder, disc, at })
            yield* goOn
            return { ...(yield* ended), stored }
          }),
        )
        assert.strictEqual(code, 5, says)
        assert.include(says, ` ${at}: `)
        assert.match(says, expected)
        assert.match(says, /run the same command again/)

        if (what.endsWith("by a folder")) rmSync(at, { recursive: true })
        // What was still being written when it ended is there too, though nobody was told.
        const there = onDisk(folder)
        const rest = yield* Seeder.start(album)
        const last = yield* Attempt.run(album, { folder, peers: rest.peers })
        assert.strictEqual(last.code, 0, last.says)
        const kept = [...stored].filter((piece) => !gone.includes(piece))
        assert.includeMembers(there, kept)
        assert.strictEqual(rest.sent().size, pieces - there.length)
        assert.isFalse(there.some((piece) => rest.sent().has(piece)))
        const written = files.map(({ path }) => readFileSync(join(folder, "album", ...path)))
        assert.isTrue(Buffer.concat(written).equals(album.data))
      }),
    )
  }
})

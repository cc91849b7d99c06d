/** The record itself: damaged, another torrent's, something else in its place, not to be continued. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { make, type Made } from "../../compliance/TorrentOf.ts"
import * as HashedPieces from "../../crash/HashedPieces.ts"
import {
  aWhile,
  begin,
  everyPiece,
  find,
  get,
  inTemporary,
  made,
  ofFirst,
  open,
  put,
  recordIn,
  records,
} from "./Scene.ts"

describe("the record", () => {
  it.live(
    "a record that is cut off anywhere, or has any byte of it damaged, says nothing wrong",
    () =>
      inTemporary((folder) =>
        Effect.gen(function* () {
          yield* get(folder, [0, 4])
          const stored = yield* begin(folder)
          for (const piece of [5, 13, 1, 2]) {
            yield* aWhile
            yield* put(stored, piece)
          }
          const record = recordIn(folder)
          const bytes = Fs.readFileSync(record)
          for (let place = 0; place < bytes.length; place++) {
            const harmed = bytes.slice()
            harmed[place]! ^= 0x41
            for (const content of [harmed, bytes.subarray(0, place)]) {
              Fs.writeFileSync(record, content)
              assert.deepStrictEqual((yield* find(folder)).present, [0, 1, 2, 4, 5, 13], `at ${place}`)
            }
          }
        }).pipe(Effect.scoped),
      ),
    60_000,
  )

  it.live("another torrent's record is not believed", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        const other = make({ pieceLength: 100, files: [{ length: 1400, padding: false, folder: 0 }] })
        const elsewhere = Path.join(folder, "elsewhere")
        yield* get(elsewhere, everyPiece.slice(1), other)
        const record = Fs.readFileSync(recordIn(elsewhere))
        yield* get(folder, [0])
        Fs.writeFileSync(recordIn(folder), record)
        assert.deepStrictEqual(yield* find(folder), { present: [0], hashed: everyPiece })
      }),
    ),
  )

  it.live("two torrents in one folder are remembered apart", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        const other = make({ pieceLength: 64, files: [{ length: 500, padding: false, folder: 2 }] })
        const renamed: Made = {
          ...other,
          torrent: {
            ...other.torrent,
            infoHash: new Uint8Array(20).fill(7),
            files: other.torrent.files.map((file) => ({ ...file, path: ["other", ...file.path.slice(1)] })),
          },
        }
        yield* get(folder, [3])
        yield* get(folder, [1, 2], renamed)
        assert.lengthOf(records(folder), 2)
        assert.deepStrictEqual(yield* find(folder), { present: [3], hashed: [] })
      }),
    ),
  )

  it.live.each(["folder", "link", "pipe", "a hundred megabytes"])("a %s in the record's place harms nothing", (what) =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        yield* get(folder, [0])
        const record = recordIn(folder)
        const outside = Path.join(folder, "outside")
        Fs.rmSync(record)
        if (what === "folder") Fs.mkdirSync(record)
        if (what === "link") Fs.symlinkSync(outside, record)
        if (what === "pipe")
          yield* Effect.promise(async () => (await import("node:child_process")).execFileSync("mkfifo", [record]))
        if (what === "a hundred megabytes") {
          Fs.writeFileSync(record, "")
          Fs.truncateSync(record, 100 << 20)
        }
        assert.deepStrictEqual(yield* find(folder), { present: [0], hashed: everyPiece })
        yield* get(folder, everyPiece.slice(1))
        assert.deepStrictEqual((yield* find(folder)).present, everyPiece)
        assert.isFalse(Fs.existsSync(outside))
      }),
    ),
  )

  it.live("no torrent may call its file as a record is called", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        for (const suffix of ["", ".new"]) {
          const path = [`.${"AB".repeat(20)}.Unchoke${suffix}`]
          const evil = { ...made.torrent, files: [{ ...made.torrent.files[0]!, path }] }
          assert.include(yield* Effect.flip(Effect.scoped(open(folder, evil))), { reason: "outside the folder" })
        }
      }),
    ),
  )

  it.live("a record that can't be continued is not believed where it ends, and stops nothing", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        let left = 5
        const record = /\.unchoke$/
        const journals = new Set<number>()
        const full = {
          ...Fs,
          openSync: (path: string, flags: number) => {
            const fd = Fs.openSync(path, flags)
            if (record.test(path)) journals.add(fd)
            else journals.delete(fd)
            return fd
          },
          writeSync: (fd: number, bytes: Uint8Array, from?: number, length?: number, at?: number) => {
            if (journals.has(fd) && left-- <= 0) throw Object.assign(new Error("full"), { code: "ENOSPC" })
            return Fs.writeSync(fd, bytes, from, length, at)
          },
        } as unknown as typeof Fs
        yield* get(folder, [0, 1, 2, 3, 4]).pipe(Effect.provide(HashedPieces.make(full).layer, { local: true }))
        yield* aWhile
        const { hashed, present } = yield* find(folder)
        assert.deepStrictEqual(present, [0, 1, 2, 3, 4])
        assert.deepStrictEqual(hashed, [...ofFirst, 9])
      }),
    ),
  )
})

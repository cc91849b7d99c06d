/** What is remembered of a download, and which files are read again because others changed them. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import type { StoredTorrent } from "@unchoke/engine"
import * as HashedPieces from "../../crash/HashedPieces.ts"
import {
  aWhile,
  begin,
  everyPiece,
  find,
  first,
  flip,
  get,
  inTemporary,
  made,
  ofFirst,
  open,
  present,
  put,
  recordIn,
  records,
  unfinished,
} from "./Scene.ts"

/** A download that gets two pieces, has one of them spoiled by somebody else, and then writes again. */
const changedUnderUs = Effect.fnUntraced(function* <A, E>(
  folder: string,
  next: (stored: StoredTorrent) => Effect.Effect<A, E>,
) {
  const stored = yield* begin(folder)
  yield* put(stored, 0)
  yield* put(stored, 1)
  yield* aWhile
  flip(Path.join(folder, unfinished), 5)
  yield* next(stored)
}, Effect.scoped)

describe("resuming", () => {
  it.live("needs no hash, after a stop and after another; `check` hashes everything", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        yield* get(folder, [0, 4, 13])
        assert.deepStrictEqual(yield* find(folder), { present: [0, 4, 13], hashed: [] })
        yield* get(folder, [9, 7])
        assert.deepStrictEqual(yield* find(folder), { present: [0, 4, 7, 9, 13], hashed: [] })
        assert.deepStrictEqual(yield* find(folder, "check"), { present: [0, 4, 7, 9, 13], hashed: everyPiece })
        assert.deepStrictEqual(yield* find(folder), { present: [0, 4, 7, 9, 13], hashed: [] })
      }),
    ),
  )

  it.live("what was found by hashing is remembered as well", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        Fs.mkdirSync(Path.dirname(Path.join(folder, first)), { recursive: true })
        Fs.writeFileSync(Path.join(folder, first), made.data.subarray(0, 950))
        yield* get(folder, [])
        assert.deepStrictEqual(yield* find(folder), { present: ofFirst, hashed: [] })
      }),
    ),
  )

  it.live("when all is there the record is gone, whether it came now or had come before", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        yield* get(folder, ofFirst)
        assert.lengthOf(records(folder), 1)
        const old = Fs.readFileSync(recordIn(folder))
        const name = recordIn(folder)
        yield* get(folder, [9, 10, 11, 12, 13])
        assert.deepStrictEqual(records(folder), [])
        Fs.writeFileSync(name, old)
        yield* get(folder, [])
        assert.deepStrictEqual(records(folder), [])
      }),
    ),
  )

  const changes: Readonly<Record<string, (path: string) => void>> = {
    "a byte is changed": (path) => flip(path, 123),
    "a byte is changed and the old mtime put back": (path) => {
      const { atime, mtime } = Fs.statSync(path)
      flip(path, 123)
      Fs.utimesSync(path, atime, mtime)
    },
    "it is replaced by another": (path) => {
      const { atime, mtime } = Fs.statSync(path)
      Fs.writeFileSync(`${path}.new`, new Uint8Array(950))
      Fs.utimesSync(`${path}.new`, atime, mtime)
      Fs.renameSync(`${path}.new`, path)
    },
    "it is cut short": (path) => Fs.truncateSync(path, 300),
    "it grows": (path) => Fs.appendFileSync(path, "more"),
    "it is deleted": (path) => Fs.rmSync(path),
    "a folder takes its place": (path) => {
      Fs.rmSync(path)
      Fs.mkdirSync(path)
    },
    "its mode is changed": (path) => Fs.chmodSync(path, 0o600),
  }
  it.live.each(Object.entries(changes))("a file is read again when %s; the others are believed", ([, change]) =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        yield* get(folder, [0, 1, 2, 11, 12])
        yield* aWhile
        change(Path.join(folder, unfinished))
        if (Fs.statSync(Path.join(folder, unfinished), { throwIfNoEntry: false })?.isDirectory() === true) {
          const error = yield* Effect.flip(find(folder))
          assert.deepInclude(error, { reason: "is a folder", path: Path.join(folder, unfinished) })
          return
        }
        const right = (yield* find(folder, "check")).present
        assert.deepStrictEqual(yield* find(folder), { present: right, hashed: [...ofFirst, 9] })
        assert.includeMembers([...right], [11, 12])
      }),
    ),
  )

  it.live("what was changed while we wrote to the same file is read again, though we wrote last", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        yield* changedUnderUs(folder, (stored) => put(stored, 2))
        assert.deepStrictEqual(yield* find(folder), { present: [1, 2], hashed: [...ofFirst, 9] })
      }),
    ),
  )

  it.live("the same when we are killed in that write, which makes the change look like our own", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        let alive = true
        let last = false
        const mortal = {
          ...Fs,
          writeSync: (fd: number, bytes: Uint8Array, from?: number, length?: number, at?: number) => {
            if (!alive) throw new Error("killed")
            const written = Fs.writeSync(fd, bytes, from, length, at)
            // Only the journal is appended to; everything else has its place.
            alive = !(last && at !== undefined)
            if (!alive) throw new Error("killed")
            return written
          },
        } as unknown as typeof Fs
        yield* changedUnderUs(folder, (stored) => {
          last = true
          return Effect.flip(put(stored, 2))
        }).pipe(Effect.provide(HashedPieces.make(mortal).layer, { local: true }))
        assert.deepStrictEqual(yield* find(folder), { present: [1, 2], hashed: [...ofFirst, 9] })
      }),
    ),
  )

  it.live("a change that happened between the look and the first write is noticed", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        yield* get(folder, [0, 1])
        yield* Effect.scoped(
          Effect.gen(function* () {
            const stored = yield* open(folder)
            yield* present(stored.resume)
            yield* aWhile
            flip(Path.join(folder, unfinished), 5)
            yield* stored.prepare
            yield* put(stored, 2)
          }),
        )
        assert.deepStrictEqual(yield* find(folder), { present: [1, 2], hashed: [...ofFirst, 9] })
      }),
    ),
  )
})

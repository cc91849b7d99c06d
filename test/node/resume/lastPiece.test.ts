/** Before a download is called complete, its files are looked at once more. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import type { StorageError } from "@unchoke/engine"
import {
  aWhile,
  begin,
  everyPiece,
  find,
  first,
  flip,
  get,
  inTemporary,
  ofFirst,
  put,
  records,
  unfinished,
} from "./Scene.ts"

describe("before the last piece is reported as stored", () => {
  const lastOf = Effect.fnUntraced(function* (folder: string, meanwhile: () => void) {
    const stored = yield* begin(folder)
    for (const piece of everyPiece.slice(0, -1)) yield* put(stored, piece)
    yield* aWhile
    meanwhile()
    return yield* put(stored, 13)
  }, Effect.scoped)

  const meanwhile: ReadonlyArray<
    readonly [what: string, change: (path: string) => void, reason: StorageError["reason"]]
  > = [
    ["changed", (path) => flip(path, 5), "changed"],
    ["cut short", (path) => Fs.truncateSync(path, 5), "changed"],
    ["deleted", (path) => Fs.rmSync(path), "not found"],
    [
      "replaced",
      (path) => {
        Fs.writeFileSync(`${path}.new`, new Uint8Array(950))
        Fs.renameSync(`${path}.new`, path)
      },
      "changed",
    ],
  ]
  it.live.each(meanwhile)(
    "a file that was %s meanwhile is an error; the others are still there",
    ([, change, reason]) =>
      inTemporary((folder) =>
        Effect.gen(function* () {
          const path = Path.join(folder, first)
          const error = yield* Effect.flip(lastOf(folder, () => change(path)))
          assert.deepInclude(error, { reason, path })
          const { hashed, present } = yield* find(folder)
          assert.deepStrictEqual(hashed, [...ofFirst, 9])
          assert.includeMembers([...present], [10, 11, 12, 13])
          yield* get(folder, everyPiece)
          assert.deepStrictEqual((yield* find(folder, "check")).present, everyPiece)
          assert.deepStrictEqual(records(folder), [])
        }),
      ),
  )

  it.live("a file that only looks changed is read again, and that is all", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        const verdict = yield* lastOf(folder, () => Fs.chmodSync(Path.join(folder, first), 0o600))
        assert.strictEqual(verdict, "stored")
        assert.deepStrictEqual(records(folder), [])
      }),
    ),
  )

  it.live("a file that goes while we write to it is an error at the next write", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        const path = Path.join(folder, unfinished)
        for (const [change, reason] of [
          [() => Fs.rmSync(path), "not found"],
          [() => Fs.renameSync(path, `${path}.away`), "not found"],
          [() => Fs.truncateSync(path, 5), "changed"],
        ] as const) {
          const error = yield* Effect.gen(function* () {
            const stored = yield* begin(folder)
            yield* put(stored, 0)
            yield* aWhile
            change()
            return yield* Effect.flip(put(stored, 1))
          }).pipe(Effect.scoped)
          assert.deepInclude(error, { reason, path })
        }
        yield* get(folder, everyPiece)
        assert.deepStrictEqual((yield* find(folder, "check")).present, everyPiece)
      }),
    ),
  )
})

/** A file is known again by more than its name: what a user puts where ours was, or was about to be, stays his. */
import { assert, describe, it } from "@effect/vitest"
import { NodePieceStore } from "@unchoke/node"
import { Effect, type Layer } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { PieceStore } from "unchoke"
import * as InlineDisk from "../../packages/node/src/InlineDisk.ts"
import { make, type Made } from "../compliance/TorrentOf.ts"
import { mortalFs } from "../crash/mortalFs.ts"
import { aWhile, first, get, inTemporary, made, present, put, unfinished } from "./resume/Scene.ts"

const storeOn = (fs: typeof Fs): Layer.Layer<PieceStore> =>
  NodePieceStore.layerOn((layout) => InlineDisk.makeOn(fs, layout), fs)

/** Downloads what is missing. */
const complete = Effect.fnUntraced(function* (folder: string, of: Made = made) {
  const stored = yield* Effect.flatMap(PieceStore, (store) => store.open(of.torrent, folder))
  const there = yield* present(stored.resume)
  yield* stored.prepare
  for (let piece = 0; piece < of.torrent.geometry.pieces; piece++) {
    if (!there.includes(piece)) yield* put(stored, piece, of)
  }
}, Effect.scoped)

const refused = Effect.fnUntraced(function* (folder: string, path: string, of?: Made) {
  assert.deepInclude(yield* Effect.flip(complete(folder, of)), { reason: "not this torrent's", path })
  assert.strictEqual(Fs.readFileSync(path, "utf8"), "mine")
})

describe("when we were stopped, and the user", () => {
  it.live("deletes what we began, a file of his with its inode is not taken for it", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        yield* get(folder, [0])
        const path = Path.join(folder, first)
        const { ino } = Fs.statSync(`${path}.part`)
        Fs.rmSync(`${path}.part`)
        yield* aWhile
        Fs.writeFileSync(path, "mine")
        const lstatSync = (of: string, options?: Fs.StatSyncOptions) => {
          const stat = Fs.lstatSync(of, options) as Fs.Stats | undefined
          return of === path ? Object.assign(stat!, { ino }) : stat
        }
        const reusing = storeOn({ ...Fs, lstatSync: lstatSync as typeof Fs.lstatSync })
        yield* Effect.provide(refused(folder, path), reusing, { local: true })
      }),
    ),
  )

  it.live("puts a file of his under its unfinished name, it is not written to", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        yield* get(folder, [0])
        const path = Path.join(folder, unfinished)
        Fs.writeFileSync(Path.join(folder, "mine"), "mine")
        Fs.renameSync(Path.join(folder, "mine"), path)
        yield* refused(folder, path)
      }),
    ),
  )

  const small = make({
    pieceLength: 100,
    files: Array.from({ length: 12 }, () => ({ length: 10, padding: false, folder: 0 })),
  })
  const paths = small.torrent.files.map(({ path }) => Path.join(...path))

  /** Dies at its call number `fatal` of those that change something. */
  const die = (folder: string, fatal: number) =>
    Effect.exit(complete(folder, small)).pipe(Effect.provide(storeOn(mortalFs(fatal).fs), { local: true }))

  it.live("makes a file that our piece of many files had not reached, it is not replaced", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        let tried = 0
        for (let fatal = 1; fatal < 60; fatal++) {
          const inner = Path.join(folder, `${fatal}`)
          Fs.mkdirSync(inner)
          yield* die(inner, fatal)
          const missing = paths.map((path) => Path.join(inner, path)).filter((path) => !Fs.existsSync(path))
          if (missing.length === 0 || missing.length === paths.length) continue
          tried++
          yield* aWhile
          Fs.writeFileSync(missing[0]!, "mine")
          yield* refused(inner, missing[0]!, small)
          Fs.rmSync(missing[0]!)
          yield* complete(inner, small)
        }
        assert.isAbove(tried, 5)
      }),
    ),
  )

  it.live("starts us again, and stops us again in that piece, nothing is left beside what was downloaded", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        for (let fatal = 15; fatal < 45; fatal += 3) {
          for (let again = 1; again < 30; again += 3) {
            const inner = Path.join(folder, `${fatal}-${again}`)
            Fs.mkdirSync(inner)
            yield* die(inner, fatal)
            yield* die(inner, again)
            yield* complete(inner, small)
            const left = Fs.readdirSync(inner, { recursive: true, withFileTypes: true }).filter(
              (one) => one.isFile() && !one.name.includes(".unchoke"),
            )
            assert.sameMembers(
              left.map(({ name, parentPath }) => Path.relative(inner, Path.join(parentPath, name))),
              paths,
            )
            const bytes = Buffer.concat(paths.map((path) => Fs.readFileSync(Path.join(inner, path))))
            assert.isTrue(bytes.equals(small.data))
          }
        }
      }),
    ),
  )
})

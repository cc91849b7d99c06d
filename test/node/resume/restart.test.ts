/** What is believed after the machine was started anew. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import type { StoredTorrent } from "@unchoke/engine"
import { bringToDisk } from "../../../packages/node/src/bringToDisk.ts"
import type { Layout } from "../../../packages/node/src/Disk.ts"
import { filePlaces } from "../../../packages/node/src/filePlaces.ts"
import * as InlineDisk from "../../../packages/node/src/InlineDisk.ts"
import * as NodePieceStore from "../../../packages/node/src/NodePieceStore.ts"
import { aWhile, begin, everyPiece, find, first, flip, get, inTemporary, put, second } from "./Scene.ts"

describe("after the machine was started anew", () => {
  const elsewhen = {
    ...Fs,
    readFileSync: (...args: Parameters<typeof Fs.readFileSync>) =>
      String(args[0]).endsWith("boot_id") ? Buffer.from("another run") : Fs.readFileSync(...args),
  } as typeof Fs

  /** A download that gets a piece and goes on as told, by somebody who sees how its files are laid out. */
  const goOn = <E>(folder: string, next: (stored: StoredTorrent, layout: Layout) => Effect.Effect<void, E>) => {
    const layouts: Array<Layout> = []
    const layer = NodePieceStore.layerOn((layout) => {
      layouts.push(layout)
      return InlineDisk.make(layout)
    })
    return Effect.gen(function* () {
      const stored = yield* begin(folder)
      yield* put(stored, 3)
      yield* next(stored, layouts[0]!)
    }).pipe(Effect.scoped, Effect.provide(layer, { local: true }))
  }

  it.live("nothing is believed that may not have reached the disk", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        yield* get(folder, [0, 12])
        assert.deepStrictEqual(yield* find(folder, "resume", elsewhen), { present: [0, 12], hashed: everyPiece })
      }),
    ),
  )

  it.live("what was brought to the disk is believed, and what was written later is hashed", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        yield* get(folder, [0])
        yield* goOn(
          folder,
          Effect.fnUntraced(function* (stored, layout) {
            const brought = new Float64Array(layout.stamps.byteLength / 8)
            const bring = bringToDisk(layout, filePlaces(layout), new Float64Array(layout.stamps), brought)
            yield* bring
            const { size } = Fs.statSync(layout.record)
            yield* bring
            assert.strictEqual(Fs.statSync(layout.record).size, size, "nothing new, nothing to say")
            yield* put(stored, 8)
            yield* put(stored, 12)
          }),
        )
        assert.deepStrictEqual(yield* find(folder, "resume", elsewhen), { present: [0, 3, 8, 12], hashed: [8, 12] })
        yield* aWhile
        flip(Path.join(folder, `${second}.part`), 400)
        assert.deepStrictEqual((yield* find(folder, "resume", elsewhen)).hashed, [8, 9, 10, 11, 12, 13])
      }),
    ),
  )

  it.live("nothing is claimed any more when the disk has said once that it could not write", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        yield* goOn(
          folder,
          Effect.fnUntraced(function* (_, layout) {
            const stamps = new Float64Array(layout.stamps)
            const brought = new Float64Array(stamps.length)
            const refuse = (_: number, done: Fs.NoParamCallback) => done(new Error("EIO"))
            yield* Effect.flip(bringToDisk(layout, filePlaces(layout), stamps, brought, refuse as typeof Fs.fdatasync))
            yield* bringToDisk(layout, filePlaces(layout), stamps, brought)
          }),
        )
        assert.strictEqual((yield* find(folder, "resume", elsewhen)).hashed.length, everyPiece.length)
      }),
    ),
  )

  it.live("nothing is claimed when the disk refuses to say that it has it", () =>
    inTemporary((folder) =>
      Effect.gen(function* () {
        yield* goOn(
          folder,
          Effect.fnUntraced(function* (_, layout) {
            Fs.rmSync(Path.join(folder, `${first}.part`))
            const stamps = new Float64Array(layout.stamps)
            yield* Effect.flip(bringToDisk(layout, filePlaces(layout), stamps, new Float64Array(stamps.length)))
          }),
        )
        assert.strictEqual((yield* find(folder, "resume", elsewhen)).hashed.length, everyPiece.length)
      }),
    ),
  )
})

import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { Descriptions } from "@unchoke/engine"
import * as NodeDescriptions from "../../packages/node/src/NodeDescriptions.ts"

const info = Buffer.from("d6:lengthi1e4:name1:x12:piece lengthi1e6:pieces20:aaaaaaaaaaaaaaaaaaaae")
const infoHash = new Uint8Array(createHash("sha1").update(info).digest())

const inFolder = <A>(use: (folder: string, descriptions: Descriptions) => Effect.Effect<A>) =>
  Effect.gen(function* () {
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "unchoke-described-"))),
      (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true })),
    )
    return yield* use(folder, yield* Descriptions)
  }).pipe(Effect.scoped, Effect.provide(NodeDescriptions.layer))

/** Where it is kept. */
const pathIn = (folder: string) =>
  Path.join(
    folder,
    Fs.readdirSync(folder).find((name) => name.endsWith("-description"))!,
  )

describe("what a torrent is", () => {
  it.live("is kept, is known again, and is forgotten without a trace", () =>
    inFolder((folder, { forget, keep, recall }) =>
      Effect.gen(function* () {
        assert.isUndefined(yield* recall(infoHash, folder))
        yield* keep(infoHash, folder, info)
        yield* keep(infoHash, folder, info)
        assert.strictEqual(Fs.readdirSync(folder).length, 1)
        assert.deepStrictEqual(Buffer.from((yield* recall(infoHash, folder))!), info)
        assert.isUndefined(yield* recall(infoHash.toReversed(), folder))
        yield* forget(infoHash, folder)
        assert.deepStrictEqual(Fs.readdirSync(folder), [])
      }),
    ),
  )

  it.live.prop(
    "is not believed when a byte of it is another, or missing",
    [Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: info.length - 1 })), Schema.Boolean],
    ([at, cut]) =>
      inFolder((folder, { keep, recall }) =>
        Effect.gen(function* () {
          yield* keep(infoHash, folder, info)
          const damaged = Buffer.from(info)
          damaged[at]! ^= 1
          Fs.writeFileSync(pathIn(folder), cut ? info.subarray(0, at) : damaged)
          assert.isUndefined(yield* recall(infoHash, folder))
        }),
      ),
    { arbitrary: { runs: 30 } },
  )

  const others: ReadonlyArray<readonly [string, (path: string) => void]> = [
    ["a folder", (path) => Fs.mkdirSync(path)],
    ["a pipe, which nobody writes to", (path) => void execFileSync("mkfifo", [path])],
    ["a link that leads nowhere", (path) => Fs.symlinkSync("nowhere", path)],
    [
      "a file of a gigabyte",
      (path) => {
        Fs.writeFileSync(path, "")
        Fs.truncateSync(path, 2 ** 30)
      },
    ],
  ]
  it.live.each(others)("%s in its place is not read", ([, make]) =>
    inFolder((folder, { keep, recall }) =>
      Effect.gen(function* () {
        yield* keep(infoHash, folder, info)
        const path = pathIn(folder)
        Fs.rmSync(path)
        make(path)
        assert.isUndefined(yield* recall(infoHash, folder))
      }),
    ),
  )

  it.live("who was killed while it was written leaves nothing that counts, and nothing at the end", () =>
    inFolder((folder, { forget, keep, recall }) =>
      Effect.gen(function* () {
        yield* keep(infoHash, folder, info)
        Fs.renameSync(pathIn(folder), `${pathIn(folder)}.new`)
        assert.isUndefined(yield* recall(infoHash, folder))
        yield* keep(infoHash, folder, info)
        assert.isDefined(yield* recall(infoHash, folder))
        Fs.copyFileSync(pathIn(folder), `${pathIn(folder)}.new`)
        yield* forget(infoHash, folder)
        assert.deepStrictEqual(Fs.readdirSync(folder), [])
      }),
    ),
  )

  it.live("is in nobody's way where there is no folder, or none can be written to", () =>
    inFolder((folder, { forget, keep, recall }) =>
      Effect.gen(function* () {
        Fs.writeFileSync(Path.join(folder, "file"), "")
        for (const place of [Path.join(folder, "not there"), Path.join(folder, "file"), "/proc/self"]) {
          yield* keep(infoHash, place, info)
          assert.isUndefined(yield* recall(infoHash, place))
          yield* forget(infoHash, place)
        }
        assert.deepStrictEqual(Fs.readdirSync(folder), ["file"])
      }),
    ),
  )
})

/** The disk in this thread: what goes wrong with a write is its answer, and its files are closed with its scope. */
import { assert, describe, it } from "@effect/vitest"
import { Content } from "@unchoke/testkit"
import { Effect, Exit, Fiber, Scope } from "effect"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import type { Reply, Request } from "../../packages/node/src/Disk.ts"
import * as InlineDisk from "../../packages/node/src/InlineDisk.ts"
import { PieceBuffers } from "../../packages/node/src/PieceBuffers.ts"
import { PieceSpans } from "../../packages/node/src/PieceSpans.ts"
import { layoutFor } from "./layoutFor.ts"

const pieceLength = 1 << 15
const content = Content.make({ files: pieceLength * 3, pieceLength })
const { files, geometry, pieceHashes } = content.torrent

/** A disk that refuses to write at `full`, and a request to write all pieces. */
const make = Effect.fnUntraced(function* (full?: number) {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "unchoke-inline-"))),
    (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true })),
  )
  const closed: Array<number> = []
  const fs = {
    ...Fs,
    writeSync: (fd: number, bytes: Uint8Array, from: number, length: number, at: number) => {
      if (at === full) throw Object.assign(new Error("no space"), { code: "ENOSPC" })
      return Fs.writeSync(fd, bytes, from, length, at)
    },
    closeSync: (fd: number) => {
      closed.push(fd)
      Fs.closeSync(fd)
    },
  } as unknown as typeof Fs
  const buffers = new PieceBuffers(pieceLength, geometry.pieces)
  const layout = layoutFor(folder, [["content", geometry.length]], { hashes: pieceHashes, buffers: buffers.memory })
  const pieces = [0, 1, 2].map((piece) => {
    const buffer = buffers.lend()!
    buffer.set(Content.piece(content, piece))
    return { piece, buffer }
  })
  const jobs = new PieceSpans({ geometry, files }).toWrite(pieces)
  const scope = yield* Scope.make()
  const disk = yield* Scope.provide(InlineDisk.makeOn(fs, layout), scope)
  return { disk, jobs, scope, closed, at: Path.join(folder, "content") }
})

const answer = (disk: InlineDisk.InlineDisk, request: Request) =>
  Effect.callback<Reply>((resume) => disk.submit(request, (reply) => resume(Effect.succeed(reply))))

describe("InlineDisk", () => {
  it.live("what it is asked for before its scope ends is done, and then its file is closed", () =>
    Effect.gen(function* () {
      const { at, closed, disk, jobs, scope } = yield* make()
      const writing = yield* Effect.forkChild(answer(disk, { kind: "write", jobs, verified: [] }), {
        startImmediately: true,
      })
      assert.lengthOf(closed, 0)
      yield* Scope.close(scope, Exit.void)
      assert.lengthOf(closed, 1)
      assert.deepStrictEqual(yield* Fiber.join(writing), [true, true, true])
      assert.isTrue(Fs.readFileSync(at).equals(content.data))
    }).pipe(Effect.scoped),
  )

  it.live("what it is asked for after its scope has ended is refused, and opens nothing", () =>
    Effect.gen(function* () {
      const { at, disk, jobs, scope } = yield* make()
      yield* Scope.close(scope, Exit.void)
      const reply = yield* answer(disk, { kind: "write", jobs, verified: [] })
      assert.include(reply[0], { code: "ECLOSED" })
      assert.isFalse(Fs.existsSync(at))
    }).pipe(Effect.scoped),
  )

  it.live("a piece that could not be written has failed, and no other", () =>
    Effect.gen(function* () {
      const { disk, jobs } = yield* make(pieceLength)
      const [first, second, third] = yield* answer(disk, { kind: "write", jobs, verified: [] })
      assert.deepStrictEqual([first, third], [true, true])
      assert.include(second, { operation: "write", code: "ENOSPC" })
    }).pipe(Effect.scoped),
  )
})

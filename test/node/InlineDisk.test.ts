/** The disk in this thread: what Node's pool still writes is waited for, and what goes wrong with it is the answer. */
import { assert, describe, it } from "@effect/vitest"
import { Content } from "@unchoke/testkit"
import { Effect, Exit, Fiber, Scope } from "effect"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import type { Reply } from "../../packages/node/src/Disk.ts"
import * as InlineDisk from "../../packages/node/src/InlineDisk.ts"
import { PieceBuffers } from "../../packages/node/src/PieceBuffers.ts"
import { PieceSpans } from "../../packages/node/src/PieceSpans.ts"
import { layoutFor } from "./layoutFor.ts"

const pieceLength = 1 << 15
const content = Content.make({ files: pieceLength * 3, pieceLength })
const { files, geometry, pieceHashes } = content.torrent

type Done = (error: NodeJS.ErrnoException | null, written: number) => void

/** A disk whose every write by the pool goes through `write`, and a request to write all pieces. */
const make = Effect.fnUntraced(function* (write: (done: Done, at: number, go: () => void) => void) {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "unchoke-inline-"))),
    (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true })),
  )
  const closed: Array<number> = []
  const fs = {
    ...Fs,
    write: (fd: number, bytes: Uint8Array, from: number, length: number, at: number, done: Done) =>
      write(done, at, () => Fs.write(fd, bytes, from, length, at, done)),
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
  const disk = yield* Scope.provide(InlineDisk.makeOn(fs, layout, pieceLength), scope)
  return { disk, jobs, scope, closed, at: Path.join(folder, "content") }
})

describe("InlineDisk", () => {
  it.live("what is being written when its scope ends is written, and then its file is closed", () =>
    Effect.gen(function* () {
      const held: Array<() => void> = []
      const { at, closed, disk, jobs, scope } = yield* make((_, __, go) => held.push(go))
      let reply: Reply | undefined
      disk.submit({ kind: "write", jobs, verified: [] }, (answer) => (reply = answer))
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void), { startImmediately: true })
      yield* Effect.sleep("20 millis")
      assert.lengthOf(held, 3, "all at once")
      assert.lengthOf(closed, 0)
      for (const go of held) go()
      yield* Fiber.join(closing)
      assert.lengthOf(closed, 1)
      assert.deepStrictEqual(reply, [true, true, true])
      assert.isTrue(Fs.readFileSync(at).equals(content.data))
    }).pipe(Effect.scoped),
  )

  it.live("what it is asked for after its scope has ended is refused, and opens nothing", () =>
    Effect.gen(function* () {
      const { at, disk, jobs, scope } = yield* make((_, __, go) => go())
      yield* Scope.close(scope, Exit.void)
      const reply = yield* Effect.callback<Reply>((resume) =>
        disk.submit({ kind: "write", jobs, verified: [] }, (reply) => resume(Effect.succeed(reply))),
      )
      assert.include(reply[0], { code: "ECLOSED" })
      assert.isFalse(Fs.existsSync(at))
    }).pipe(Effect.scoped),
  )

  it.live("a piece that the pool could not write has failed, and no other", () =>
    Effect.gen(function* () {
      const { disk, jobs } = yield* make((done, at, go) => {
        if (at === pieceLength) done(Object.assign(new Error("no space"), { code: "ENOSPC" }), 0)
        else go()
      })
      const reply = yield* Effect.callback<Reply>((resume) =>
        disk.submit({ kind: "write", jobs, verified: [] }, (reply) => resume(Effect.succeed(reply))),
      )
      const [first, second, third] = reply
      assert.deepStrictEqual([first, third], [true, true])
      assert.include(second, { operation: "write", code: "ENOSPC" })
    }).pipe(Effect.scoped),
  )
})

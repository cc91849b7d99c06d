/** When a torrent of a watched folder is tried again. */
import { Content } from "@unchoke/testkit"
import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Schema } from "effect"
import { TestClock } from "effect/testing"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { laterForPeers, onceThere } from "../../../packages/cli/src/many/Again.ts"

it.effect.prop(
  "who found nobody is tried after two minutes, then ever more seldom, but once an hour",
  [Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 2000 })), Schema.Literals(["NoPeers", "NobodyLeft"])],
  ([tries, _tag]) =>
    Effect.gen(function* () {
      const minutes = Math.min(60, 2 ** Math.min(tries, 20))
      const waiting = yield* Effect.forkChild(laterForPeers({ _tag }, tries)!.due, { startImmediately: true })
      yield* TestClock.adjust(minutes * 60_000 - 1)
      assert.isUndefined(waiting.pollUnsafe())
      yield* TestClock.adjust(1)
      yield* Fiber.join(waiting)
    }),
)

it("what does not pass by itself is not tried again", () => {
  for (const _tag of ["StorageError", "InvalidTorrent", "SameFiles"]) assert.isUndefined(laterForPeers({ _tag }, 1))
})

it.live("data that is not there is taken once it has come, and changes no more", () =>
  Effect.gen(function* () {
    const folder = mkdtempSync(join(tmpdir(), "unchoke-again-"))
    yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(folder, { recursive: true })))
    const { data, torrent } = Content.make({ name: "late.bin", files: 100_000, pieceLength: 65_536 })
    const waiting = yield* Effect.forkChild(onceThere(torrent, folder).due, { startImmediately: true })
    yield* Effect.sleep("200 millis")
    // What else is put there is not it.
    writeFileSync(join(folder, "other.bin"), "x")
    yield* Effect.sleep("6 seconds")
    assert.isUndefined(waiting.pollUnsafe())
    writeFileSync(join(folder, "late.bin"), data)
    yield* Fiber.join(waiting)
  }).pipe(Effect.scoped),
)

/**
 * Test your program against peers that misbehave: the whole engine in memory, and a clock that you move. No network, no disk, no waiting.
 *
 *     node --test examples/testing.ts
 */
import { Content, MemoryPieceStore, MemorySwarm, pass, Script, TestUnchoke } from "@unchoke/testkit"
import { Effect, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import assert from "node:assert/strict"
import { test } from "node:test"
import { Torrent, Unchoke } from "unchoke"

/** The program that is to be tested: fetches a torrent, or says who did not give it, and why. */
const fetched = (bytes: Uint8Array) =>
  Effect.gen(function* () {
    const unchoke = yield* Unchoke
    const torrent = yield* Torrent.fromBytes(bytes)
    yield* Stream.runDrain(unchoke.download(torrent, { folder: "downloads" }))
    return "fetched"
  }).pipe(
    Effect.catchTag("NoSuitablePeer", ({ rejections }) =>
      Effect.succeed(rejections.map(({ _tag }) => _tag).join(", ")),
    ),
  )

const content = Content.make({ name: "film.mp4", files: 300_000 })

test("fetches from the one that gives, whatever the others do", () =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(fetched(content.bytes))
    yield* pass("10 seconds")
    assert.equal(yield* Fiber.join(fiber), "fetched")
    const { files } = yield* MemoryPieceStore.MemoryPieceStore
    assert.deepEqual(files.get("downloads/film.mp4"), content.data)
    assert.equal((yield* MemorySwarm.MemorySwarm).open(), 0)
  }).pipe(
    Effect.provide(TestUnchoke.layer({ content, peers: [Script.good, Script.wrongHash, Script.neverUnchoke] })),
    Effect.provide(TestClock.layer()),
    Effect.runPromise,
  ))

test("says why nobody gives it", () =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(fetched(content.bytes))
    yield* pass("10 minutes")
    assert.equal(yield* Fiber.join(fiber), "ConnectFailed, HandshakeFailed")
  }).pipe(
    Effect.provide(TestUnchoke.layer({ content, peers: [Script.refuse, Script.wrongHash] })),
    Effect.provide(TestClock.layer()),
    Effect.runPromise,
  ))

/** Two downloads of one program. */
import { assert, it } from "@effect/vitest"
import { Content, MemoryPieceStore, MemorySwarm, Script, TestDigest } from "@unchoke/testkit"
import { Effect, Layer, Result, Stream } from "effect"
import { NetAddress } from "effect/net"
import { Tracker, Unchoke } from "@unchoke/engine"

const content = Content.make({ files: 100_000, pieceLength: 16_384 })
const peer = "127.0.0.1:6881"
const options = { peers: [NetAddress.inetAddressFromStringUnsafe(peer)], trackers: false }

for (const strategy of ["swarm", "race", "sequence"] as const)
  it.effect(
    `${strategy}: a torrent is in hand once at a time, whatever the folder, and again when that has ended`,
    () =>
      Effect.gen(function* () {
        const { download, seed } = yield* Unchoke
        const one = download(content.torrent, { folder: "one", strategy, ...options })
        const other = Stream.runDrain(download(content.torrent, { folder: "other", strategy, ...options }))
        const same = Stream.runDrain(download(content.torrent, { folder: "one", strategy, ...options }))
        const seeding = Stream.runDrain(seed(content.torrent, { folder: "one", trackers: false }))
        let meanwhile: ReadonlyArray<string> | undefined
        yield* Stream.runForEach(
          one,
          Effect.fnUntraced(function* (event) {
            if (event._tag !== "PieceStored" || meanwhile !== undefined) return
            const outcomes = yield* Effect.forEach([other, same, seeding], Effect.result)
            meanwhile = outcomes.map((outcome) =>
              Result.isFailure(outcome) ? outcome.failure._tag : "it is in hand twice",
            )
          }),
        )
        assert.deepStrictEqual(meanwhile, ["AlreadyRunning", "AlreadyRunning", "AlreadyRunning"])
        yield* other
        const { files } = yield* MemoryPieceStore.MemoryPieceStore
        assert.deepStrictEqual(files.get("other/content.bin"), content.data)
      }).pipe(
        Effect.provide(
          Layer.provideMerge(
            Unchoke.layer,
            Layer.mergeAll(
              MemorySwarm.layer({ content, peers: { [peer]: Script.good } }),
              MemoryPieceStore.layer(),
              TestDigest.layer,
              Layer.mock(Tracker, {}),
            ),
          ),
        ),
      ),
  )

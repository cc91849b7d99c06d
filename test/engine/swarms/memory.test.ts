/** Whole swarms in memory, under virtual time. */
import { assert, describe, it } from "@effect/vitest"
import { Content, MemoryPieceStore, MemorySwarm, settle, visit } from "@unchoke/testkit"
import { Effect, Layer, Stream } from "effect"
import { NetAddress } from "effect/net"
import { type DownloadEvent, Tracker } from "@unchoke/engine"
import { download } from "@unchoke/engine/internal"
import { condemned, known, scriptOf, isHonest, Swarm } from "./Swarm.ts"

const addressOf = (index: number) => `127.0.${(index + 1) >> 8}.${(index + 1) & 255}:6881`

/** Downloads to the end; how many seconds of virtual time that took, and what happened. */
const run = Effect.fnUntraced(function* (swarm: Swarm, seconds: number) {
  const { blocksPerPiece, buffers, links, pieces, strategy, verdict } = swarm
  const pieceLength = blocksPerPiece * 16_384
  const content = Content.make({ files: pieces * pieceLength - 100, pieceLength })
  const everybody = [...swarm.peers, swarm.last]
  const names = everybody.map((_, index) => addressOf(index))
  const scripts = everybody.map((peer) => scriptOf(peer, pieces))
  const events: Array<DownloadEvent> = []
  let took = 0
  yield* Effect.gen(function* () {
    const fiber = yield* download(content.torrent, {
      folder: "downloads",
      peers: names.map(NetAddress.inetAddressFromStringUnsafe),
      trackers: false,
      strategy,
      links,
    }).pipe(
      Stream.runForEach((event) => Effect.sync(() => void events.push(event))),
      Effect.result,
      Effect.forkChild,
    )
    for (; took < seconds && fiber.pollUnsafe() === undefined; took++) {
      yield* visit([250, 500, 750, 1000])
    }
    const ended = fiber.pollUnsafe()
    assert.isDefined(ended, "it hangs")
    yield* settle
    const outcome = yield* Effect.flatten(Effect.succeed(ended!))
    assert.strictEqual(outcome._tag, "Success", String(outcome._tag === "Failure" && outcome.failure))
    const disk = yield* MemoryPieceStore.MemoryPieceStore
    assert.deepStrictEqual(disk.files.get("downloads/content.bin"), content.data)
    assert.isTrue([...disk.stored.values()].every((times) => times === 1))
    assert.strictEqual(disk.lent(), 0)
    assert.strictEqual((yield* MemorySwarm.MemorySwarm).open(), 0)
  }).pipe(
    Effect.provide(
      Layer.mergeAll(
        MemorySwarm.layer({ content, peers: Object.fromEntries(names.map((name, i) => [name, scripts[i]!])) }),
        MemoryPieceStore.layer({ buffers, ...(verdict === 0 ? {} : { delay: verdict }) }),
        Layer.mock(Tracker, {}),
      ),
    ),
  )
  const honest = names.filter((_, index) => isHonest(everybody[index]!))
  assert.deepStrictEqual(
    condemned(events).filter((name) => honest.includes(name)),
    [],
    "an honest peer is given up",
  )
  return { took, events }
})

describe("swarms", () => {
  it.effect.prop(
    "whoever is lost, chosen again, slow or lying: with one honest peer it completes, and no honest peer is condemned",
    [Swarm],
    ([swarm]) => run(swarm, 2000),
    { arbitrary: { runs: 26 }, timeout: 300_000 },
  )

  describe.each(Object.entries(known))("%s", (_, swarm) => {
    it.effect("with one complete peer at a time", () => run(swarm, 600))
    it.effect("with all of them", () => run({ ...swarm, strategy: "swarm" }, 600))
  })

  it.effect("a peer of whom nothing was asked is not let go for being slow", () =>
    Effect.gen(function* () {
      const swarm = known["forty that give a block every three seconds in front of a good one"]!
      const good = addressOf(swarm.peers.length)
      const { events, took } = yield* run(swarm, 600)
      const left = events.flatMap((event) => (event._tag === "Left" ? [NetAddress.formatInet(event.error.peer)] : []))
      assert.notInclude(left, good)
      // A piece takes such a peer 24 s: somebody who has nothing to do gets its buffer before.
      assert.isBelow(took, 100)
    }),
  )

  it.effect("a race for many places is one: everybody is dialled once", () =>
    Effect.gen(function* () {
      const good = known["everything twice"]!
      const peers = Array.from({ length: 19 }, () => ({ _tag: "Good" }) as const)
      const { events } = yield* run({ ...good, peers, pieces: 100, buffers: 40, links: 20 }, 60)
      const count = (tag: DownloadEvent["_tag"]) => events.filter(({ _tag }) => _tag === tag).length
      assert.deepStrictEqual([count("Dialling"), count("Joined")], [20, 20])
    }),
  )

  it.effect("a peer that takes minutes is left for one that unchokes us later and is faster", () =>
    Effect.gen(function* () {
      const slow = { _tag: "Trickle", seconds: 0.2 } as const
      const swarm = { ...known["everything twice"]!, pieces: 200, blocksPerPiece: 16, peers: [slow], buffers: 6 }
      const { took } = yield* run({ ...swarm, last: { _tag: "Late", seconds: 3 } }, 600)
      assert.isBelow(took, 60)
    }),
  )
})

import { assert, describe, it } from "@effect/vitest"
import { Content, MemoryPieceStore, MemorySocket, MemorySwarm, pass, Script, settle, visit } from "@unchoke/testkit"
import { Duration, Effect, Exit, Fiber, Layer, Result, Schema, Stream } from "effect"
import { NetAddress } from "effect/net"
import { Dialer, type DownloadEvent, type DownloadOptions, StorageError, Tracker } from "@unchoke/engine"
import { download } from "@unchoke/engine/internal"

const content = Content.make({ files: 250_000, pieceLength: 32_768 })
const pieces = 8
const folder = "downloads"
const path = `${folder}/content.bin`
const addressOf = (index: number) => `127.0.0.${index + 1}:6881`

const noTrackers = Layer.mock(Tracker, {})

/** A download from peers with these scripts, in the order given. */
const downloading = (
  scripts: ReadonlyArray<Script.Script>,
  options: Partial<DownloadOptions> = {},
  disk: MemoryPieceStore.Options = {},
) => {
  const events: Array<DownloadEvent> = []
  const peers = Object.fromEntries(scripts.map((script, index) => [addressOf(index), script]))
  const run = download(content.torrent, {
    folder,
    peers: Object.keys(peers).map(NetAddress.inetAddressFromStringUnsafe),
    trackers: false,
    ...options,
  }).pipe(Stream.runForEach((event) => Effect.sync(() => void events.push(event))))
  const layer = Layer.mergeAll(MemorySwarm.layer({ content, peers }), MemoryPieceStore.layer(disk), noTrackers)
  return { run, events, layer }
}

/** How long it waited for peers that were out of reach, in seconds. */
const waits = (events: ReadonlyArray<DownloadEvent>) =>
  events.flatMap((event) => (event._tag === "OutOfReach" ? [Duration.toSeconds(event.pause)] : []))

const tags = (events: ReadonlyArray<DownloadEvent>) => events.map(({ _tag }) => _tag)

/** Runs it to its end, at most so many seconds. */
const finish = <A, E, R>(run: Effect.Effect<A, E, R>, seconds: number) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(Effect.result(run))
    for (let second = 0; second < seconds && fiber.pollUnsafe() === undefined; second++) yield* visit([1000])
    const swarm = yield* MemorySwarm.MemorySwarm
    const ended = fiber.pollUnsafe()
    assert.isDefined(ended, "the download hangs")
    yield* settle
    assert.strictEqual(swarm.open(), 0)
    return yield* Effect.flatten(Effect.succeed(ended!))
  })

const serveThen = (blocks: number, ...steps: ReadonlyArray<Script.Step>): Script.Script => {
  const begin = Script.stallAfter(blocks)
  return begin._tag === "Accept" ? { ...begin, steps: [...begin.steps, ...steps] } : begin
}

/** Everything that can go wrong with a peer that passed its probe, after so many blocks. */
const troubles: ReadonlyArray<(blocks: number) => Script.Script> = [
  Script.dropAfter,
  Script.stallAfter,
  (blocks) => serveThen(blocks, { _tag: "Reset" }),
  (blocks) => serveThen(blocks, { _tag: "Choke" }),
  (blocks) => Script.chokeAfter(blocks, 3000),
  (blocks) => Script.chokeAfter(blocks, 30_000),
  (blocks) => serveThen(blocks, { _tag: "Garbage" }),
  (blocks) => serveThen(blocks, { _tag: "TooLong" }),
  (blocks) => serveThen(blocks, { _tag: "Malformed" }),
  (blocks) => serveThen(blocks, { _tag: "Misshapen" }),
  (blocks) => serveThen(blocks, { _tag: "Unasked" }, { _tag: "Serve" }),
  (blocks) => serveThen(blocks, { _tag: "Reject", requests: 1_000_000 }),
  (blocks) => serveThen(blocks, { _tag: "Reject", requests: 3 }, { _tag: "Serve" }),
  (blocks) => Script.corrupting(Math.floor(blocks / 2) % pieces),
  (blocks) => serveThen(blocks, { _tag: "HaveNone" }, { _tag: "Serve" }),
  () => Script.neverUnchoke,
  () => Script.refuse,
  () => Script.incomplete(3),
]
const Trouble = Schema.Struct({
  kind: Schema.Literals(troubles.map((_, index) => index)),
  blocks: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 16 })),
})
const Troubles = Schema.Array(Trouble).check(Schema.isMaxLength(5))

describe("download", () => {
  it.effect("fetches from the first peer that would serve, and says what happens", () => {
    const { events, layer, run } = downloading([Script.refuse, Script.goodNamed("Seeder 1.0")])
    return Effect.gen(function* () {
      assert.isTrue(Result.isSuccess(yield* finish(run, 10)))
      const disk = yield* MemoryPieceStore.MemoryPieceStore
      assert.deepStrictEqual(disk.files.get(path), content.data)
      assert.strictEqual(disk.lent(), 0)
      const seen = tags(events)
      assert.deepStrictEqual(seen.slice(0, 2), ["Checking", "SourceAnswered"])
      assert.deepStrictEqual(seen.filter((tag) => tag === "PieceStored").length, pieces)
      assert.strictEqual(seen.at(-1), "Done")
      const opened = events.find((event) => event._tag === "Joined")!
      assert.strictEqual(NetAddress.formatInet(opened.peer), "127.0.0.2:6881")
    }).pipe(Effect.provide(layer))
  })

  it.effect.prop(
    "whatever fails at whatever block, a good peer completes it, and no verified piece is fetched twice",
    [Troubles, Schema.Boolean, Schema.Literals(["swarm", "race", "sequence"]), Schema.Literals([1, 1, 2, 3])],
    ([list, goodAtEnd, strategy, links]) => {
      const scripts = [...list.map(({ blocks, kind }) => troubles[kind]!(blocks)), ...(goodAtEnd ? [Script.good] : [])]
      const { events, layer, run } = downloading(scripts, { strategy, links })
      return Effect.gen(function* () {
        const swarm = yield* MemorySwarm.MemorySwarm
        const disk = yield* MemoryPieceStore.MemoryPieceStore
        const verified = new Set<number>()
        let looked = 0
        const outcome = yield* finish(
          Effect.gen(function* () {
            const watch = Effect.sync(() => {
              for (const { piece } of swarm.served.slice(looked)) {
                if (links === 1 && strategy !== "swarm")
                  assert.isFalse(verified.has(piece), `piece ${piece} was fetched again`)
              }
              looked = swarm.served.length
              for (const piece of disk.stored.keys()) verified.add(piece)
            })
            yield* Effect.forkScoped(Effect.forever(Effect.andThen(watch, Effect.yieldNow)))
            yield* run
          }).pipe(Effect.scoped),
          3000,
        )
        assert.isTrue([...disk.stored.values()].every((times) => times === 1))
        if (Result.isSuccess(outcome)) {
          assert.deepStrictEqual(disk.files.get(path), content.data)
          assert.strictEqual(events.at(-1)?._tag, "Done")
        } else {
          assert.isFalse(goodAtEnd, String(outcome.failure))
          assert.strictEqual(outcome.failure._tag, scripts.length === 0 ? "NoPeers" : "NoSuitablePeer")
          if (outcome.failure._tag === "NoSuitablePeer")
            assert.strictEqual(outcome.failure.rejections.length, scripts.length)
        }
      }).pipe(Effect.provide(layer))
    },
    { arbitrary: { runs: 70 }, timeout: 300_000 },
  )

  it.effect.prop(
    "interrupted at any moment it closes everything, and the next download resumes what was stored",
    [
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 400 })),
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3 })),
    ],
    ([yields, delay]) => {
      const { events, layer, run } = downloading([Script.good], {}, { delay })
      return Effect.gen(function* () {
        const swarm = yield* MemorySwarm.MemorySwarm
        const disk = yield* MemoryPieceStore.MemoryPieceStore
        const first = yield* Effect.forkChild(run)
        yield* Effect.repeat(Effect.yieldNow, { times: yields })
        yield* pass("1 second")
        yield* Fiber.interrupt(first)
        assert.strictEqual(swarm.open(), 0)
        const stored = disk.stored.size
        events.splice(0)
        assert.isTrue(Result.isSuccess(yield* finish(run, 60)))
        assert.deepStrictEqual(disk.files.get(path), content.data)
        assert.isTrue([...disk.stored.values()].every((times) => times === 1))
        const checked = events.filter((event) => event._tag === "Checking").at(-1)!
        assert.strictEqual(checked.present, stored)
      }).pipe(Effect.provide(layer))
    },
    { arbitrary: { runs: 40 }, timeout: 120_000 },
  )

  it.effect("what is there already is verified and kept; what is damaged is fetched again", () => {
    const damaged = content.data.slice()
    damaged[100_000]! ^= 1
    const { events, layer, run } = downloading([Script.good], {}, { files: { [path]: damaged } })
    return Effect.gen(function* () {
      assert.isTrue(Result.isSuccess(yield* finish(run, 10)))
      const swarm = yield* MemorySwarm.MemorySwarm
      assert.deepStrictEqual([...new Set(swarm.served.map(({ piece }) => piece))], [3])
      assert.deepInclude(
        events.find((event) => event._tag === "Checking"),
        { present: 7, pieces: 8 },
      )
    }).pipe(Effect.provide(layer))
  })

  it.effect("asks nobody when everything is there", () => {
    const { events, layer, run } = downloading([Script.good], {}, { files: { [path]: content.data } })
    return Effect.gen(function* () {
      assert.isTrue(Result.isSuccess(yield* finish(run, 10)))
      assert.deepStrictEqual(tags(events), ["Checking", "Done"])
      assert.strictEqual((yield* MemorySwarm.MemorySwarm).dials().size, 0)
    }).pipe(Effect.provide(layer))
  })

  it.effect("a peer that sent a corrupt piece is not asked again", () => {
    const { events, layer, run } = downloading([Script.corrupting(2), Script.unchokeAfter(5000)])
    return Effect.gen(function* () {
      assert.isTrue(Result.isSuccess(yield* finish(run, 60)))
      assert.strictEqual((yield* MemorySwarm.MemorySwarm).dials().get(addressOf(0)), 1)
      const lost = events.find((event) => event._tag === "Left")!
      assert.deepInclude(lost.error, { _tag: "CorruptPiece", piece: 2 })
      assert.strictEqual(tags(events).filter((tag) => tag === "PieceCorrupt").length, 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("who spoiled many pieces is condemned once", () => {
    const { events, layer, run } = downloading(
      [Script.corrupting(0, 1, 2, 3), Script.unchokeAfter(5000)],
      {},
      { delay: 500 },
    )
    return Effect.gen(function* () {
      assert.isTrue(Result.isSuccess(yield* finish(run, 60)))
      assert.strictEqual(tags(events).filter((tag) => tag === "PieceCorrupt").length, 4)
      assert.lengthOf(
        events.filter((event) => "error" in event && event.error._tag === "CorruptPiece"),
        1,
      )
    }).pipe(Effect.provide(layer))
  })

  it.effect("a peer that was lost after good pieces is tried again when nobody else is left", () => {
    const { layer, run } = downloading([Script.dropAfter(6)])
    return Effect.gen(function* () {
      assert.isTrue(Result.isSuccess(yield* finish(run, 60)))
      assert.strictEqual((yield* MemorySwarm.MemorySwarm).dials().get(addressOf(0)), 3)
    }).pipe(Effect.provide(layer))
  })

  /** From the third dial on, so many are never answered. */
  const outOfReach = (dials: number) =>
    Layer.effect(
      Dialer,
      Effect.map(Dialer, ({ dial }) => {
        let dialled = 0
        return {
          dial: (peer, errand) => {
            dialled++
            return dialled > 2 && dialled <= 2 + dials ? Effect.succeed(MemorySocket.unanswered) : dial(peer, errand)
          },
        }
      }),
    )

  for (const links of [1, 3]) {
    it.effect(`${links} links: who served us and is out of reach is dialled again after pauses`, () => {
      const { events, layer, run } = downloading([Script.dropAfter(6)], { links })
      return Effect.gen(function* () {
        assert.isTrue(Result.isSuccess(yield* finish(run, 120)))
        assert.deepStrictEqual(waits(events), [1, 2, 4, 8])
      }).pipe(Effect.provide(Layer.provideMerge(outOfReach(4), layer)))
    })

    it.effect(`${links} links: who stays out of reach is given up`, () => {
      const { events, layer, run } = downloading([Script.dropAfter(6), Script.blackhole], { links })
      return Effect.gen(function* () {
        const outcome = yield* finish(run, 120)
        assert.isTrue(Result.isFailure(outcome) && outcome.failure._tag === "NoSuitablePeer")
        assert.deepStrictEqual(waits(events), [1, 2, 4, 8, 16])
      }).pipe(Effect.provide(Layer.provideMerge(outOfReach(Infinity), layer)))
    })
  }

  it.effect("a peer that is lost while another slot dials those that never answer is tried again", () => {
    const { layer, run } = downloading([Script.dropAfter(6), Script.blackhole], { links: 2 })
    return Effect.gen(function* () {
      assert.isTrue(Result.isSuccess(yield* finish(run, 60)))
    }).pipe(Effect.provide(layer))
  })

  it.effect("who never served us and is out of reach is not waited for", () => {
    const { events, layer, run } = downloading([Script.blackhole, Script.dropAfter(0)])
    return Effect.gen(function* () {
      assert.isTrue(Result.isFailure(yield* finish(run, 60)))
      assert.deepStrictEqual(waits(events), [])
    }).pipe(Effect.provide(layer))
  })

  it.effect("peers that hung up on our handshake get one second chance before it ends", () => {
    const { layer, run } = downloading([Script.hangUp, Script.refuse])
    return Effect.gen(function* () {
      const outcome = yield* finish(run, 60)
      assert.isTrue(Result.isFailure(outcome) && outcome.failure._tag === "NoSuitablePeer")
      const { dials } = yield* MemorySwarm.MemorySwarm
      assert.deepStrictEqual([dials().get(addressOf(0)), dials().get(addressOf(1))], [2, 1])
    }).pipe(Effect.provide(layer))
  })

  it.effect("the disk's refusal ends it with what was stored kept", () => {
    const full = new StorageError({ path, operation: "write", reason: "no space" })
    const { layer, run } = downloading([Script.good], {}, { fail: (write) => (write > 3 ? full : undefined) })
    return Effect.gen(function* () {
      const outcome = yield* finish(run, 10)
      assert.deepStrictEqual(Result.isFailure(outcome) && outcome.failure, full)
      assert.strictEqual((yield* MemoryPieceStore.MemoryPieceStore).stored.size, 3)
    }).pipe(Effect.provide(layer))
  })

  it.effect("a slow disk holds up the peer, not the memory", () => {
    const { layer, run } = downloading([Script.good], {}, { buffers: 2, delay: "2 seconds" })
    return Effect.gen(function* () {
      assert.isTrue(Result.isSuccess(yield* finish(run, 60)))
    }).pipe(Effect.provide(layer))
  })

  it.effect("a stalled peer that holds every buffer holds up the others no longer than its deadline", () => {
    const { layer, run } = downloading([Script.stallAfter(0), Script.unchokeAfter(100)], { links: 2 }, { buffers: 2 })
    return Effect.gen(function* () {
      assert.isTrue(Result.isSuccess(yield* finish(run, 30)))
    }).pipe(Effect.provide(layer))
  })

  it.effect("a slow consumer holds up the download", () => {
    const { layer } = downloading([Script.good])
    return Effect.gen(function* () {
      const stream = download(content.torrent, {
        folder,
        peers: [NetAddress.inetAddressFromStringUnsafe(addressOf(0))],
        trackers: false,
      })
      const slow = yield* Effect.forkChild(Stream.runDrain(Stream.tap(stream, () => Effect.sleep("1 second"))))
      yield* pass("1 minute")
      assert.isTrue(Exit.isSuccess(slow.pollUnsafe()!))
    }).pipe(Effect.provide(layer))
  })

  it.effect("no peer from anywhere is NoPeers, which says where we asked", () => {
    const { layer, run } = downloading([])
    return Effect.gen(function* () {
      const outcome = yield* finish(run, 10)
      assert.strictEqual(Result.isFailure(outcome) && outcome.failure._tag, "NoPeers")
    }).pipe(Effect.provide(layer))
  })
})

/** What a program asks of the engine in one call: is this peer worth it, and what is this link? */
import { assert, describe, it } from "@effect/vitest"
import { MagnetLink } from "@unchoke/protocol"
import { Content, MemoryDht, MemorySwarm, MemoryTracker, pass, Script, TestUnchoke } from "@unchoke/testkit"
import { Duration, Effect, Fiber, Result, Schema } from "effect"
import { Torrent, Unchoke } from "@unchoke/engine"

const pieces = 10
const content = Content.make({ files: pieces * 16_384, pieceLength: 16_384 })

const kinds = {
  good: [Script.goodNamed("Some Client 1.2"), "Success"],
  slow: [Script.unchokeAfter(40_000), "Success"],
  refuses: [Script.refuse, "ConnectFailed"],
  firewall: [Script.blackhole, "ConnectFailed"],
  other: [Script.wrongHash, "HandshakeFailed"],
  silent: [Script.silent, "HandshakeFailed"],
  part: [Script.incomplete(9), "IncompletePeer"],
  unwilling: [Script.neverUnchoke, "ChokeTimeout"],
  garbage: [Script.garbage, "ProtocolViolation"],
} as const
type Kind = keyof typeof kinds

/** Probes these peers at once. */
const probing = (peers: ReadonlyArray<Kind>) =>
  Effect.gen(function* () {
    const { probe } = yield* Unchoke
    const each = peers.map((_, index) => Effect.result(probe(content.torrent, TestUnchoke.addressOf(index))))
    const fiber = yield* Effect.forkChild(Effect.all(each, { concurrency: "unbounded" }))
    yield* pass("1 minute")
    const ends = yield* Fiber.join(fiber)
    const { open } = yield* MemorySwarm.MemorySwarm
    assert.strictEqual(open(), 0)
    return ends
  }).pipe(Effect.provide(TestUnchoke.layer({ content, peers: peers.map((kind) => kinds[kind][0]) })))

describe("Unchoke.probe", () => {
  it.effect.prop(
    "ends with what the peer is, in a type, and leaves no socket open, however many are asked at once",
    [Schema.Array(Schema.Literals(Object.keys(kinds) as Array<Kind>)).check(Schema.isMaxLength(12))],
    ([peers]) =>
      Effect.gen(function* () {
        const ends = yield* probing(peers)
        assert.deepStrictEqual(
          ends.map((end) => (Result.isSuccess(end) ? end._tag : end.failure._tag)),
          peers.map((kind) => kinds[kind][1]),
        )
      }),
    { arbitrary: { runs: 40 } },
  )

  it.effect("says what it saw: the client, what it has, and how long each step took", () =>
    Effect.gen(function* () {
      const [end] = yield* probing(["good"])
      assert(Result.isSuccess(end!))
      const { client, connect, elapsed, handshake, have, unchoke } = end.success
      assert.deepStrictEqual([client, have], ["Some Client 1.2", pieces])
      for (const took of [connect, handshake, unchoke]) assert.isTrue(Duration.isDuration(took))
      assert.isTrue(Duration.isGreaterThanOrEqualTo(elapsed, unchoke!))
    }),
  )

  it.effect("deadlines are given as Effect takes durations; interrupted, it hangs up", () =>
    Effect.gen(function* () {
      const { probe } = yield* Unchoke
      const { open } = yield* MemorySwarm.MemorySwarm
      const asked = probe(content.torrent, TestUnchoke.addressOf(0), { deadlines: { unchoke: "3 seconds" } })
      const impatient = yield* Effect.forkChild(Effect.flip(asked))
      yield* pass("4 seconds")
      const error = yield* Fiber.join(impatient)
      assert.deepInclude(error, { _tag: "ChokeTimeout", waited: Duration.seconds(3) })
      const stopped = yield* Effect.forkChild(asked)
      yield* pass("1 second")
      assert.strictEqual(open(), 1)
      yield* Fiber.interrupt(stopped)
      assert.strictEqual(open(), 0)
    }).pipe(Effect.provide(TestUnchoke.layer({ content, peers: [Script.neverUnchoke] }))),
  )
})

describe("Torrent.fromMagnet", () => {
  const link = MagnetLink.ofHash(content.torrent.infoHash)
  const honest = Script.describing({ answers: "true" })

  it.effect("asks whoever the DHT names what the torrent is", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Torrent.fromMagnet(MagnetLink.toString(link)))
      yield* pass("30 seconds")
      const torrent = yield* Fiber.join(fiber)
      assert.deepStrictEqual(torrent.infoHash, content.torrent.infoHash)
      assert.deepStrictEqual(torrent.geometry, content.torrent.geometry)
      const { lookups } = yield* MemoryDht.MemoryDht
      assert.deepStrictEqual(
        lookups.map(({ infoHash }) => infoHash),
        [link.infoHash],
      )
      assert.deepStrictEqual(yield* MemoryTracker.Announces, [])
      assert.strictEqual((yield* MemorySwarm.MemorySwarm).open(), 0)
    }).pipe(Effect.provide(TestUnchoke.layer({ content, peers: [honest, Script.refuse] }))),
  )

  it.effect("fails as data: of a text that is no link, and when nobody tells", () =>
    Effect.gen(function* () {
      const why = yield* Effect.flip(Torrent.fromMagnet("magnet:?xt=urn:btih:short"))
      assert.strictEqual(why._tag, "InvalidLink")
      const fiber = yield* Effect.forkChild(Effect.flip(Torrent.fromMagnet(link)))
      yield* pass("10 minutes")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "NoSuitablePeer")
    }).pipe(Effect.provide(TestUnchoke.layer({ content, peers: [Script.refuse] }))),
  )
})

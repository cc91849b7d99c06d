import { assert, describe, it } from "@effect/vitest"
import { Content, MemorySocket, MemorySwarm, pass, Script, settle, visit } from "@unchoke/testkit"
import { Effect, Exit, Fiber, Latch, Layer, Result, Schema, Scope, Stream } from "effect"
import { NetAddress } from "effect/net"
import { Deadlines, Dialer, type ProbeEvent } from "@unchoke/engine"
import { Candidates, choosePeers, Self, type ChooseOptions } from "@unchoke/engine/internal"

const content = Content.make({ files: 10 * 16_384, pieceLength: 16_384 })
const addressOf = (index: number) => `127.0.${(index + 1) >> 8}.${(index + 1) & 255}:6881`
const peerAt = (index: number) => NetAddress.inetAddressFromStringUnsafe(addressOf(index))

/** So many places, each filled once. */
const somePlaces = (count: number) => {
  const full = Latch.makeUnsafe(false)
  let taken = 0
  const take = () => {
    if (++taken === count) full.openUnsafe()
  }
  return { free: () => count - taken, take, freed: Effect.never, settled: full.await }
}

/** Makes a choice among peers with these scripts, some of which arrive late (milliseconds). */
const choosing = (
  scripts: ReadonlyArray<Script.Script>,
  strategy: ChooseOptions["strategy"],
  late: ReadonlyArray<number> = [],
  places = 1,
) => {
  const events: Array<ProbeEvent> = []
  const arrive = Stream.fromIterable(scripts.keys()).pipe(
    Stream.mapEffect((index) => Effect.delay(Effect.succeed(peerAt(index)), late[index] ?? 0)),
  )
  const options = {
    torrent: content.torrent,
    strategy,
    deadlines: Deadlines.of(strategy),
    pace: Effect.void,
    report: (event: ProbeEvent) => Effect.sync(() => void events.push(event)),
    places: somePlaces(places),
  }
  const choice = Effect.gen(function* () {
    return yield* choosePeers(arrive, { ...options, self: yield* Self.make })
  })
  const peers = Object.fromEntries(scripts.map((script, index) => [addressOf(index), script]))
  return { choice, events, options, layer: MemorySwarm.layer({ content, peers }) }
}

const rejectedIn = (events: ReadonlyArray<ProbeEvent>) =>
  events.flatMap((event) => (event._tag === "Rejected" ? [NetAddress.formatInet(event.peer)] : []))

/** What each kind of peer comes to; `Link` for those that would serve us. */
const kinds = [
  [Script.good, "Link"],
  [Script.dribbling(5), "Link"],
  [Script.lazyBitfield(3), "Link"],
  [Script.unchokeAfter(2500), "Link"],
  [Script.unchokeAfter(8100), "Link"],
  [Script.refuse, "ConnectFailed"],
  [Script.blackhole, "ConnectFailed"],
  [Script.hangUp, "HandshakeFailed"],
  [Script.silent, "HandshakeFailed"],
  [Script.wrongHash, "HandshakeFailed"],
  [Script.incomplete(1), "IncompletePeer"],
  [Script.silentAfterHandshake, "IncompletePeer"],
  [Script.badBitfield, "ProtocolViolation"],
  [Script.neverUnchoke, "ChokeTimeout"],
] as const
const Kind = Schema.Literals(kinds.map((_, index) => index))
const Kinds = Schema.Array(Kind).check(Schema.isMaxLength(8))
const Late = Schema.Array(Schema.Literals([0, 0, 700, 3100])).check(Schema.isMaxLength(8))

describe("choosePeers", () => {
  it.effect.prop(
    "ends with the sockets of those that were chosen, dials everybody once, and accounts for all, whatever they do and whenever they come",
    [Kinds, Late, Schema.Literals(["race", "sequence"]), Schema.Literals([1, 1, 2, 5])],
    ([list, late, strategy, places]) => {
      const scripts = list.map((kind) => kinds[kind]![0])
      const { choice, events, layer } = choosing(scripts, strategy, late, places)
      return Effect.gen(function* () {
        const swarm = yield* MemorySwarm.MemorySwarm
        const scope = yield* Scope.make()
        const fiber = yield* choice.pipe(Scope.provide(scope), Effect.result, Effect.forkChild)
        yield* visit(Array.from({ length: 150 }, (_, i) => (i + 1) * 1000))
        const outcome = yield* Fiber.join(fiber)
        yield* settle
        const serving = list.filter((kind) => kinds[kind]![1] === "Link").length
        assert.strictEqual(Result.isSuccess(outcome), serving > 0)
        // In sequence one at a time.
        const filled = Math.min(serving, strategy === "race" ? places : 1)
        assert.strictEqual(swarm.open(), filled)
        const dialled = events.flatMap((event) => (event._tag === "Dialling" ? [String(event.peer)] : []))
        assert.strictEqual(new Set(dialled).size, dialled.length)

        const rejections = Result.isSuccess(outcome) ? outcome.success.rejections : outcome.failure.rejections
        assert.deepStrictEqual(
          rejections.map(({ peer }) => NetAddress.formatInet(peer)),
          rejectedIn(events),
        )
        for (const { _tag, peer } of rejections) {
          const index = scripts.findIndex((_, index) => addressOf(index) === NetAddress.formatInet(peer))
          assert.strictEqual(_tag, kinds[list[index]!]![1])
        }
        if (Result.isSuccess(outcome)) {
          const { chosen, undecided } = outcome.success
          assert.strictEqual(chosen.length, filled)
          const names = [...chosen, ...rejections].map(({ peer }) => NetAddress.formatInet(peer))
          const accounted = [...names, ...undecided.map(NetAddress.formatInet)]
          assert.strictEqual(new Set(accounted).size, accounted.length)
          for (const { peer } of events) assert.include(accounted, NetAddress.formatInet(peer))
        } else {
          assert.strictEqual(rejections.length, scripts.length)
        }
        yield* Scope.close(scope, Exit.void)
        assert.strictEqual(swarm.open(), 0)
      }).pipe(Effect.provide(layer))
    },
    { arbitrary: { runs: 40 }, timeout: 120_000 },
  )

  it.effect(
    "in sequence, a candidate is dialled only when the one before it has failed and given its socket back",
    () => {
      const { choice, events, layer } = choosing([Script.silent, Script.hangUp, Script.good, Script.good], "sequence")
      return Effect.gen(function* () {
        const swarm = yield* MemorySwarm.MemorySwarm
        const fiber = yield* Effect.forkChild(Effect.scoped(Effect.andThen(choice, Effect.never)))
        yield* pass("20 seconds")
        assert.deepStrictEqual(
          events.flatMap((event) =>
            event._tag === "Parked" ? [] : [`${event._tag} ${NetAddress.formatInet(event.peer)}`],
          ),
          [
            `Dialling ${addressOf(0)}`,
            `Connected ${addressOf(0)}`,
            `Rejected ${addressOf(0)}`,
            `Dialling ${addressOf(1)}`,
            `Connected ${addressOf(1)}`,
            `Rejected ${addressOf(1)}`,
            `Dialling ${addressOf(2)}`,
            `Connected ${addressOf(2)}`,
          ],
        )
        assert.strictEqual(swarm.open(), 1)
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(swarm.open(), 0)
      }).pipe(Effect.provide(layer))
    },
  )

  it.effect("in a race, unwilling and dead peers hold up nobody", () => {
    const list = [
      ...Array.from({ length: 120 }, () => Script.blackhole),
      ...Array.from({ length: 40 }, () => Script.neverUnchoke),
      Script.good,
    ]
    const { choice, layer } = choosing(list, "race")
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Effect.scoped(Effect.as(choice, "chosen")))
      yield* settle
      yield* settle
      assert.strictEqual(fiber.pollUnsafe()?._tag, "Success")
    }).pipe(Effect.provide(layer))
  })

  it.effect("dead peers give up their slots when they have said nothing for half a second", () => {
    const { choice, events, layer } = choosing(
      [...Array.from({ length: 600 }, () => Script.blackhole), Script.good],
      "race",
    )
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Effect.scoped(Effect.as(choice, "chosen")))
      for (let i = 0; i < 10; i++) yield* settle
      assert.strictEqual(events.filter((event) => event._tag === "Dialling").length, 512)
      yield* visit([400, 500])
      yield* settle
      assert.strictEqual(fiber.pollUnsafe()?._tag, "Success")
    }).pipe(Effect.provide(layer))
  })

  it.effect("of the ports of one host few are dialled at once, and they hold up nobody else", () => {
    const events: Array<ProbeEvent> = []
    const dialled = (host: string) =>
      events.filter((event) => event._tag === "Dialling" && NetAddress.formatHost(event.peer) === host).length
    const candidates = new Candidates()
    const ports = Array.from({ length: 2000 }, (_, i) => NetAddress.inetAddressFromStringUnsafe(`127.0.0.9:${i + 1}`))
    candidates.add([...ports, peerAt(0)], "tracker")
    assert.strictEqual(candidates.known, 17)
    candidates.settle()
    const { layer, options } = choosing([Script.blackhole], "race")
    const silent = Layer.succeed(Dialer, { dial: () => Effect.succeed(MemorySocket.unanswered) })
    return Effect.gen(function* () {
      const report = (event: ProbeEvent) => Effect.sync(() => void events.push(event))
      const self = yield* Self.make
      yield* Effect.forkChild(
        Effect.scoped(Effect.result(choosePeers(candidates.stream, { ...options, self, report }))),
      )
      yield* settle
      assert.deepStrictEqual([dialled("127.0.0.9"), dialled("127.0.0.1")], [4, 1])
      yield* visit([1000, 2000, 3000, 4000, 5000, 6000])
      assert.strictEqual(dialled("127.0.0.9"), 8)
    }).pipe(Effect.provide(Layer.merge(layer, silent)))
  })

  it.effect("a photo finish leaves one winner", () => {
    const { choice, layer } = choosing(
      [Script.unchokeAfter(1000), Script.unchokeAfter(1000), Script.unchokeAfter(1000)],
      "race",
    )
    return Effect.gen(function* () {
      const swarm = yield* MemorySwarm.MemorySwarm
      const scope = yield* Scope.make()
      const fiber = yield* choice.pipe(Scope.provide(scope), Effect.forkChild)
      yield* pass("5 seconds")
      yield* Fiber.join(fiber)
      assert.strictEqual(swarm.open(), 1)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(swarm.open(), 0)
    }).pipe(Effect.provide(layer))
  })

  it.effect("says why nobody would serve us", () => {
    const { choice, layer } = choosing(
      [Script.refuse, Script.refuse, Script.incomplete(0), Script.neverUnchoke],
      "race",
    )
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Effect.scoped(Effect.flip(choice)))
      yield* pass("1 minute")
      const error = yield* Fiber.join(fiber)
      assert.strictEqual(
        error.message,
        "none of 4 peers would give us the file: 2 refused the connection, 1 had only part of the file, 1 never unchoked us",
      )
    }).pipe(Effect.provide(layer))
  })

  it.effect("interrupting a race closes every socket", () => {
    const { choice, layer } = choosing([Script.neverUnchoke, Script.silent, Script.silentAfterHandshake], "race")
    return Effect.gen(function* () {
      const swarm = yield* MemorySwarm.MemorySwarm
      const scope = yield* Scope.make()
      const fiber = yield* choice.pipe(Scope.provide(scope), Effect.forkChild)
      yield* settle
      assert.strictEqual(swarm.open(), 3)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(swarm.open(), 0)
      yield* Scope.close(scope, Exit.void)
    }).pipe(Effect.provide(layer))
  })

  it.effect("a race that is over takes nobody from the next one, though its sources have not all answered", () => {
    const { layer, options } = choosing([Script.good, Script.unchokeAfter(3000)], "race")
    return Effect.gen(function* () {
      const candidates = new Candidates()
      candidates.add([peerAt(0), peerAt(1)], "tracker")
      const self = yield* Self.make
      const first = yield* Effect.scoped(
        Effect.gen(function* () {
          const { chosen, undecided } = yield* choosePeers(candidates.stream, {
            ...options,
            places: somePlaces(1),
            self,
          })
          candidates.return(undecided)
          return chosen.map(({ peer }) => peer)
        }),
      )
      const second = yield* Effect.forkChild(
        Effect.scoped(choosePeers(candidates.stream, { ...options, places: somePlaces(1), self })),
      )
      yield* visit([1000, 2000, 3000, 4000])
      const exit = second.pollUnsafe()
      assert.isDefined(exit, "the other candidate is lost")
      const { chosen } = yield* Effect.flatten(Effect.succeed(exit!))
      assert.deepStrictEqual([...first, ...chosen.map(({ peer }) => peer)], [peerAt(0), peerAt(1)])
    }).pipe(Effect.provide(layer))
  })
})

import { assert, describe, it } from "@effect/vitest"
import { MetadataMessage } from "@unchoke/protocol"
import { MemorySwarm, pass, Script, visit } from "@unchoke/testkit"
import { Cause, Effect, Exit, Fiber, Result, Schema, Stream } from "effect"
import { NetAddress } from "effect/net"
import type { PeerSource } from "@unchoke/engine"
import { addressOf, content, downloading, finish, isThere, longer } from "./describing.ts"

type Steps = ReadonlyArray<Script.Step>

const accept = (...steps: Steps): Script.Script => ({ _tag: "Accept", steps })
const hands: Steps = [{ _tag: "AwaitHandshake" }, { _tag: "Handshake", kind: "right" }]
const giving: Steps = [{ _tag: "AwaitInterested" }, { _tag: "Unchoke" }, { _tag: "Serve" }]
/** Says first of all what it has. */
const early = (first: Script.Step, describe: Script.Step): Script.Script => accept(...hands, first, describe, ...giving)
const describes: Script.Step = { _tag: "Describe", answers: "true" }
const honest = Script.describing({ answers: "true" })
const { size } = { size: content.torrent.info.length }

/** Everything that a peer may be when it is asked what the torrent is. Those whose connection stays need not be called again. */
const kinds: ReadonlyArray<{ readonly name: string; readonly script: Script.Script; readonly stays: boolean }> = [
  { name: "honest", script: honest, stays: true },
  { name: "honest, slow", script: Script.describing({ answers: "true", pause: 3000 }), stays: true },
  {
    name: "honest, shakes hands late",
    script: accept({ _tag: "Wait", ms: 2000 }, ...hands, describes, { _tag: "HaveAll" }, ...giving),
    stays: true,
  },
  { name: "knows it, and has nothing", script: accept(...hands, describes, { _tag: "HaveNone" }), stays: true },
  { name: "has all, and does not say what it is", script: Script.good, stays: true },
  { name: "has all, and has no such extension", script: Script.goodNamed("Old 1.0"), stays: true },
  { name: "rejects", script: Script.describing({ answers: "reject" }), stays: true },
  { name: "silent", script: Script.describing({ answers: "nothing" }), stays: true },
  { name: "silent after a part", script: Script.describing({ answers: "true", times: 1 }), stays: true },
  { name: "liar", script: Script.describing({ answers: "false" }), stays: false },
  { name: "liar by halves", script: Script.describing({ answers: "half false" }), stays: false },
  { name: "garbage", script: Script.describing({ answers: "garbage" }), stays: false },
  { name: "a byte short", script: Script.describing({ answers: "a byte short" }), stays: false },
  { name: "another length", script: Script.describing({ answers: "another length" }), stays: false },
  { name: "promises 33 MiB", script: Script.describing({ answers: "true", size: 33 << 20 }), stays: false },
  {
    name: "promises 32 MiB",
    script: Script.describing({ answers: "true", size: MetadataMessage.longest }),
    stays: true,
  },
  { name: "promises a byte more", script: Script.describing({ answers: "true", size: size + 1 }), stays: false },
  { name: "promises a byte", script: Script.describing({ answers: "true", size: 1 }), stays: false },
  {
    name: "hangs up after a part",
    script: accept(
      ...hands,
      { _tag: "Describe", answers: "half false", times: 1 },
      { _tag: "Wait", ms: 1000 },
      { _tag: "HangUp" },
    ),
    stays: false,
  },
  {
    name: "a bitfield that is not the torrent's",
    script: early({ _tag: "BadBitfield", kind: "length" }, describes),
    stays: false,
  },
  { name: "no such piece", script: early({ _tag: "Have", piece: 900_000 }, describes), stays: false },
  {
    name: "talks and never answers",
    script: accept(
      ...hands,
      { _tag: "Describe", answers: "nothing" },
      ...Array.from({ length: 200 }, (): Steps => [
        { _tag: "Wait", ms: 4000 },
        { _tag: "Have", piece: 0 },
      ]).flat(),
    ),
    stays: true,
  },
  { name: "refuses", script: Script.refuse, stays: false },
  { name: "a black hole", script: Script.blackhole, stays: false },
  { name: "another torrent", script: Script.wrongHash, stays: false },
  { name: "hangs up on the handshake", script: Script.hangUpOnHandshake, stays: false },
  { name: "half a handshake", script: Script.halfHandshake, stays: false },
  { name: "floods", script: accept(...hands, { _tag: "Flood", of: "Have" }), stays: false },
  { name: "garbage instead of messages", script: Script.garbage, stays: false },
]
const names = kinds.map(({ name }) => name)
const kindOf = (name: string) => kinds.find((kind) => kind.name === name)!
const Kinds = Schema.Array(Schema.Literals(names)).check(Schema.isMaxLength(8))

const dials = Effect.map(MemorySwarm.MemorySwarm, (swarm) => swarm.dials())

describe("a download by a link", () => {
  it.effect.prop(
    "arrives for any mix of peers with an honest one, and calls nobody twice who stays",
    [Kinds, Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 8 })), Schema.Literals([100_000, 7, 300])],
    ([others, place, cut]) => {
      const mix = others.toSpliced(place, 0, "honest").map(kindOf)
      const { events, layer, run } = downloading(
        mix.map(({ script }) => script),
        {},
        // Single bytes are for the messages: a whole description of them would only be slow.
        { cut: (available) => (available > 2000 ? Math.max(cut, 900) : cut) },
      )
      return Effect.gen(function* () {
        const { outcome } = yield* finish(run, 120)
        assert.isTrue(Result.isSuccess(outcome), String(Result.isFailure(outcome) && outcome.failure))
        assert.isTrue(yield* isThere)
        const dialled = yield* dials
        for (const [index, { name, stays }] of mix.entries()) {
          if (stays) assert.strictEqual(dialled.get(addressOf(index)), 1, `${name} is called again`)
        }
        const told = events.findIndex(({ _tag }) => _tag === "Described")
        assert.isAbove(told, -1)
        assert.strictEqual(
          events.findLastIndex(({ _tag }) => _tag === "Describing" || _tag === "Described"),
          told,
        )
      }).pipe(Effect.provide(layer))
    },
    { arbitrary: { runs: 80 }, timeout: 300_000 },
  )

  it.effect.prop(
    "ends in a typed error where nobody is honest, or by what liars leave true between them",
    [Schema.Array(Schema.Literals(names.filter((name) => !name.startsWith("honest")))).check(Schema.isMaxLength(6))],
    ([mix]) => {
      const { layer, run } = downloading(mix.map((name) => kindOf(name).script))
      return Effect.gen(function* () {
        const { outcome } = yield* finish(run, 3000)
        if (Result.isSuccess(outcome)) return assert.isTrue(yield* isThere)
        const { failure } = outcome
        assert.strictEqual(failure._tag, mix.length === 0 ? "NoPeers" : "NoSuitablePeer")
        if (failure._tag !== "NoSuitablePeer") return
        assert.strictEqual(failure.rejections.length, mix.length)
        return undefined
      }).pipe(Effect.provide(layer))
    },
    { arbitrary: { runs: 60 }, timeout: 300_000 },
  )

  it.effect.each([
    ["has all, and does not say what it is", "has none"],
    ["rejects", "rejected"],
    ["silent", "timed out"],
    ["liar", "false"],
    ["garbage", "garbage"],
    ["promises 33 MiB", "too long"],
  ] as const)("%s: it %s", ([name, reason]) => {
    const { layer, run } = downloading([kindOf(name).script])
    return Effect.gen(function* () {
      const { outcome } = yield* finish(run, 3000)
      assert.isTrue(Result.isFailure(outcome))
      if (!Result.isFailure(outcome) || outcome.failure._tag !== "NoSuitablePeer")
        return assert.fail("no error of peers")
      const [error] = outcome.failure.rejections
      assert.strictEqual(error?._tag, "DescriptionRefused")
      if (error?._tag === "DescriptionRefused") assert.strictEqual(error.reason, reason)
      return undefined
    }).pipe(Effect.provide(layer))
  })

  it.effect("a long description is no flood", () => {
    const { layer, run } = downloading([honest], {}, { content: longer(10 << 20) })
    return Effect.gen(function* () {
      assert.isTrue(Result.isSuccess((yield* finish(run, 600)).outcome))
      assert.isTrue(yield* isThere)
    }).pipe(Effect.provide(layer))
  })

  it.effect.each(["race", "sequence"] as const)("by a %s it arrives as well", (strategy) => {
    const mix = ["liar", "rejects", "honest", "honest, slow"].map((name) => kindOf(name).script)
    const { layer, run } = downloading(mix, { strategy })
    return Effect.gen(function* () {
      const { outcome } = yield* finish(run, 120)
      assert.isTrue(Result.isSuccess(outcome), String(Result.isFailure(outcome) && outcome.failure))
      assert.isTrue(yield* isThere)
    }).pipe(Effect.provide(layer))
  })

  it.effect("who knows it and has nothing, and who has all and does not say what it is, are enough together", () => {
    const { layer, run } = downloading([kindOf("knows it, and has nothing").script, Script.good])
    return Effect.gen(function* () {
      const { outcome } = yield* finish(run, 60)
      assert.isTrue(Result.isSuccess(outcome), String(Result.isFailure(outcome) && outcome.failure))
      assert.deepStrictEqual([...(yield* dials).values()], [1, 1])
    }).pipe(Effect.provide(layer))
  })

  it.effect("those who can't help make room for those who were not called yet", () => {
    const mix = [...Array.from({ length: 7 }, () => "rejects"), "honest"].map((name) => kindOf(name).script)
    const { layer, run } = downloading(mix, { maxPeers: 2 })
    return Effect.gen(function* () {
      const { outcome } = yield* finish(run, 120)
      assert.isTrue(Result.isSuccess(outcome), String(Result.isFailure(outcome) && outcome.failure))
    }).pipe(Effect.provide(layer))
  })

  it.effect("nobody is given up who was not called, however long the list", () => {
    const { layer, run } = downloading([...Array.from({ length: 2400 }, () => Script.refuse), honest])
    return Effect.gen(function* () {
      const { outcome } = yield* finish(run, 120)
      assert.isTrue(Result.isSuccess(outcome), String(Result.isFailure(outcome) && "nobody left"))
    }).pipe(Effect.provide(layer))
  })

  it.effect("who is told what the torrent is after us tells us", () => {
    const told = accept(
      ...hands,
      { _tag: "Extended", client: "Late" },
      { _tag: "Wait", ms: 20_000 },
      describes,
      { _tag: "HaveAll" },
      ...giving,
    )
    const waits: PeerSource = {
      name: "somebody",
      origin: "you",
      find: () => Stream.concat(Stream.succeed({ peers: [], more: false }), Stream.never),
    }
    const { layer, run } = downloading([told], { sources: [waits] })
    return Effect.gen(function* () {
      const { outcome, seconds } = yield* finish(run, 120)
      assert.isTrue(Result.isSuccess(outcome), String(Result.isFailure(outcome) && outcome.failure))
      assert.isAtMost(seconds, 25)
      assert.deepStrictEqual([...(yield* dials).values()], [1])
    }).pipe(Effect.provide(layer))
  })

  it.effect("with nobody there it waits while a source may bring somebody", () => {
    const comes = NetAddress.inetAddressFromStringUnsafe(addressOf(0))
    const source: PeerSource = {
      name: "somebody",
      origin: "dht",
      find: () =>
        Stream.concat(
          Stream.succeed({ peers: [], more: false }),
          Stream.fromEffect(Effect.as(Effect.sleep("2 minutes"), { peers: [comes], more: false })),
        ),
    }
    const { layer, run } = downloading([honest], { peers: [], sources: [source] })
    return Effect.gen(function* () {
      const { outcome, seconds } = yield* finish(run, 1000)
      assert.isTrue(Result.isSuccess(outcome), String(Result.isFailure(outcome) && outcome.failure))
      assert.isAtLeast(seconds, 119)
      assert.isAtMost(seconds, 130)
    }).pipe(Effect.provide(layer))
  })

  it.effect("without peers and sources it fails at once, and says whom it asked", () => {
    const { layer, run } = downloading([])
    return Effect.gen(function* () {
      const { outcome, seconds } = yield* finish(run, 60)
      assert.isTrue(Result.isFailure(outcome) && outcome.failure._tag === "NoPeers")
      assert.isAtMost(seconds, 2)
    }).pipe(Effect.provide(layer))
  })

  it.effect.prop(
    "interrupted at any moment it closes everything",
    [
      Kinds,
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 300 })),
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 20 })),
    ],
    ([mix, yields, seconds]) => {
      const { layer, run } = downloading([
        ...mix.map((name) => kindOf(name).script),
        Script.describing({ answers: "true", pause: 2000 }),
      ])
      return Effect.gen(function* () {
        const swarm = yield* MemorySwarm.MemorySwarm
        const fiber = yield* Effect.forkChild(run)
        for (let second = 0; second < seconds; second++) yield* visit([1000])
        for (let time = 0; time < yields; time++) yield* Effect.yieldNow
        yield* Fiber.interrupt(fiber)
        yield* pass("1 second")
        const ended = yield* Fiber.await(fiber)
        assert.isTrue(Exit.isSuccess(ended) || Cause.hasInterrupts(ended.cause) || Cause.hasFails(ended.cause))
        assert.strictEqual(swarm.open(), 0)
      }).pipe(Effect.provide(layer))
    },
    { arbitrary: { runs: 40 }, timeout: 120_000 },
  )
})

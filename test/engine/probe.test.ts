import { assert, describe, it } from "@effect/vitest"
import { Content, MemorySwarm, pass, Script, settle, visit } from "@unchoke/testkit"
import { Effect, Exit, Fiber, Schema } from "effect"
import { NetAddress } from "effect/net"
import { Deadlines, type ProbeError } from "@unchoke/engine"
import { probeLink, Self } from "@unchoke/engine/internal"
import { type Verdict, verdictOf } from "./probeModel.ts"
import { unhurried } from "./unhurried.ts"

const pieces = 10
const content = Content.make({ files: pieces * 16_384, pieceLength: 16_384 })
const address = "127.0.0.1:6881"
const peer = NetAddress.inetAddressFromStringUnsafe(address)

/** Probes a peer that follows the script, visiting these moments; afterwards says how many sockets are open, before and after the scope is closed. */
const probing = (script: Script.Script, moments: ReadonlyArray<number>, cut?: (available: number) => number) =>
  Effect.gen(function* () {
    const swarm = yield* MemorySwarm.MemorySwarm
    const self = yield* Self.make
    const fiber = yield* probeLink(peer, {
      torrent: content.torrent,
      self,
      ...unhurried,
    }).pipe(Effect.scoped, Effect.exit, Effect.forkChild)
    yield* visit(moments)
    yield* pass("1 minute")
    const exit = yield* Fiber.join(fiber)
    assert.strictEqual(swarm.open(), 0)
    return exit
  }).pipe(Effect.provide(MemorySwarm.layer({ content, peers: { [address]: script }, ...(cut && { cut }) })))

const verdict = (exit: Exit.Exit<unknown, ProbeError>): Verdict =>
  Exit.match(exit, {
    onSuccess: () => "Link",
    onFailure: (cause) => (cause.reasons[0]?._tag === "Fail" ? cause.reasons[0].error._tag : "Defect"),
  })

const failure = (script: Script.Script) => Effect.flatMap(probing(script, []), (exit) => Effect.flip(exit))

describe("probe", () => {
  const verdicts: ReadonlyArray<readonly [string, Script.Script, Verdict]> = [
    ["a good peer", Script.good, "Link"],
    ["have_all and a name", Script.goodNamed("Some Client 1.2"), "Link"],
    ["a lazy bitfield", Script.lazyBitfield(1, 5, 9), "Link"],
    ["a peer that unchokes after 40 s", Script.unchokeAfter(40_000), "Link"],
    ["bytes that arrive one at a time", Script.dribbling(1), "Link"],
    ["nobody there", Script.refuse, "ConnectFailed"],
    ["a firewall", Script.blackhole, "ConnectFailed"],
    ["a peer that hangs up at once", Script.hangUp, "HandshakeFailed"],
    ["a reset", Script.reset, "HandshakeFailed"],
    ["a peer that never speaks", Script.silent, "HandshakeFailed"],
    ["a peer that hangs up on our handshake", Script.hangUpOnHandshake, "HandshakeFailed"],
    ["half a handshake", Script.halfHandshake, "HandshakeFailed"],
    ["a web server", Script.notBitTorrent, "HandshakeFailed"],
    ["another torrent", Script.wrongHash, "HandshakeFailed"],
    ["ourselves", Script.ourselves, "HandshakeFailed"],
    ["a peer without a piece", Script.incomplete(9), "IncompletePeer"],
    ["a peer that says nothing of what it has", Script.silentAfterHandshake, "IncompletePeer"],
    ["a bitfield of the wrong length", Script.badBitfield, "ProtocolViolation"],
    ["a message of 2 GiB", Script.tooLong, "ProtocolViolation"],
    ["garbage", Script.garbage, "ProtocolViolation"],
    ["a peer that never unchokes", Script.neverUnchoke, "ChokeTimeout"],
  ]
  for (const [name, script, expected] of verdicts) {
    it.effect(`${name}: ${expected}`, () =>
      Effect.gen(function* () {
        assert.strictEqual(verdict(yield* probing(script, [])), expected)
      }),
    )
  }

  it.effect("an error says what was seen and what was wanted", () =>
    Effect.gen(function* () {
      const incomplete = yield* failure(Script.incomplete(2, 3))
      assert.deepInclude(incomplete, { _tag: "IncompletePeer", have: 8, want: 10, peer })
      const timedOut = yield* failure(Script.blackhole)
      assert.deepInclude(timedOut, { _tag: "ConnectFailed", reason: "timed out" })
      assert.deepInclude(yield* failure(Script.refuse), { _tag: "ConnectFailed", reason: "refused" })
      assert.deepInclude(yield* failure(Script.wrongHash), { reason: "wrong info hash" })
      assert.deepInclude(yield* failure(Script.ourselves), { reason: "ourselves" })
      assert.deepInclude(yield* failure(Script.reset), { reason: "reset" })
      assert.deepInclude(yield* failure(Script.hangUp), { reason: "closed" })
    }),
  )

  const Step = Schema.Union([
    Schema.TaggedStruct("Wait", {
      // Never a multiple of ten, nor the sum of up to nine of them: no message arrives at the very moment of a deadline.
      ms: Schema.Literals([3, 333, 903, 1203, 2503, 4803, 20_003, 30_003]),
    }),
    Schema.TaggedStruct("Bitfield", { missing: Schema.Array(Schema.Literals([0, 3, 9])).check(Schema.isMaxLength(2)) }),
    Schema.TaggedStruct("Have", { piece: Schema.Literals([0, 3, 9, 10]) }),
    Schema.TaggedStruct("BadBitfield", { kind: Schema.Literals(["length", "spare"]) }),
    Schema.TaggedStruct("Extended", { client: Schema.Literals(["a client"]) }),
    ...(["HaveAll", "HaveNone", "Choke", "Unchoke", "KeepAlive", "Unknown"] as const).map((tag) =>
      Schema.TaggedStruct(tag, {}),
    ),
    ...(["Malformed", "TooLong", "Unasked", "HangUp", "AwaitInterested"] as const).map((tag) =>
      Schema.TaggedStruct(tag, {}),
    ),
  ])
  const Steps = Schema.Array(Step).check(Schema.isMaxLength(9))

  it.effect.prop(
    "any script ends in the verdict that the model predicts, however its bytes are cut",
    [Steps, Schema.Literals([1, 2, 3, 5, 17, 68, 100_000])],
    ([steps, bytes]) =>
      Effect.gen(function* () {
        const script: Script.Script = {
          _tag: "Accept",
          steps: [{ _tag: "AwaitHandshake" }, { _tag: "Handshake", kind: "right" }, ...steps],
        }
        const model = verdictOf(steps, pieces, Deadlines.race)
        const exit = yield* probing(script, model.moments, () => bytes)
        assert.strictEqual(verdict(exit), model.verdict)
      }),
    { arbitrary: { runs: 250 }, timeout: 120_000 },
  )

  it.effect("what a peer said before it hung up counts, at whatever moment we speak to it", () =>
    Effect.gen(function* () {
      const steps: ReadonlyArray<Script.Step> = [
        { _tag: "Unasked" },
        { _tag: "Unchoke" },
        { _tag: "HaveAll" },
        { _tag: "HangUp" },
      ]
      const script: Script.Script = {
        _tag: "Accept",
        steps: [{ _tag: "AwaitHandshake" }, { _tag: "Handshake", kind: "right" }, ...steps],
      }
      // A long message in short reads: the turn of whoever reads ends somewhere among the others.
      for (let bytes = 10; bytes < 40; bytes++) {
        assert.strictEqual(verdict(yield* probing(script, [], () => bytes)), "Link", `${bytes} bytes at a time`)
      }
    }),
  )

  it.effect("interrupting it closes the socket", () =>
    Effect.gen(function* () {
      const swarm = yield* MemorySwarm.MemorySwarm
      const self = yield* Self.make
      const fiber = yield* probeLink(peer, {
        torrent: content.torrent,
        self,
        ...unhurried,
      }).pipe(Effect.scoped, Effect.forkChild)
      yield* settle
      assert.strictEqual(swarm.open(), 1)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(swarm.open(), 0)
    }).pipe(Effect.provide(MemorySwarm.layer({ content, peers: { [address]: Script.neverUnchoke } }))),
  )
})

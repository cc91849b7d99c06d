/** Plain words first, an encrypted handshake for whoever wants nothing else: in no more time, and over no more connections than that takes. */
import { assert, describe, it } from "@effect/vitest"
import { Handshake, PeerId } from "@unchoke/protocol"
import { Content, MemorySocket, MemorySwarm, Script, settle, visit } from "@unchoke/testkit"
import { Context, Effect, Exit, Fiber, Latch } from "effect"
import { NetAddress } from "effect/net"
import { Socket } from "effect/socket"
import { Deadlines, Dialer, Encryption, HandshakeFailed, Listener, verdictInWords } from "@unchoke/engine"
import { type Link, probeLink, Reception, Self } from "@unchoke/engine/internal"
import * as Calls from "./Calls.ts"
import { unhurried } from "./unhurried.ts"

const content = Content.make({ files: 163_840, pieceLength: 16_384 })
const peer = NetAddress.inetAddressFromStringUnsafe("203.0.113.1:6881")
const door = (dial: number) => `127.0.0.1:${7000 + dial}`

/** A peer that does this when it is dialled for the first time, this for the second time, and so on. */
const meeting = (policy: Encryption.Policy, scripts: ReadonlyArray<Script.Script>, pace = Effect.void) => {
  let dials = 0
  const open = Effect.gen(function* () {
    const swarm = yield* MemorySwarm.MemorySwarm
    const { dial } = yield* Dialer
    const self = yield* Self.make
    const dialer = Dialer.of({
      dial: (_, errand) => dial(NetAddress.inetAddressFromStringUnsafe(door(dials++)), errand),
    })
    const services = Encryption.over(policy, Context.make(Dialer, dialer))
    const begin = probeLink(peer, {
      torrent: content.torrent,
      self,
      ...unhurried,
      pace,
    }).pipe(Effect.provideContext(services))
    return { begin, swarm, dials: () => dials }
  })
  const peers = Object.fromEntries(scripts.map((script, dial) => [door(dial), script]))
  return { open, layer: MemorySwarm.layer({ content, peers }) }
}

/** How a probe ends at these moments, and how many connections are open while its link stands. */
const ending = (
  policy: Encryption.Policy,
  scripts: ReadonlyArray<Script.Script>,
  moments: ReadonlyArray<number> = [],
) => {
  const { layer, open } = meeting(policy, scripts)
  return Effect.gen(function* () {
    const { begin, dials, swarm } = yield* open
    let link: Link | undefined
    const keep = Effect.tap(begin, (found) => Effect.sync(() => void (link = found)))
    const fiber = yield* Effect.forkChild(Effect.scoped(Effect.andThen(keep, Effect.never)))
    yield* visit(moments)
    yield* settle
    const connections = swarm.open()
    const end = fiber.pollUnsafe()
    yield* Fiber.interrupt(fiber)
    assert.strictEqual(swarm.open(), 0, "nothing is left open")
    const error =
      end === undefined || Exit.isSuccess(end) ? undefined : end.cause.reasons.find((r) => r._tag === "Fail")
    return { link, connections, dials: dials(), error: error?.error }
  }).pipe(Effect.provide(layer))
}

type Ending = Effect.Success<ReturnType<typeof ending>>

const failure = (found: Ending) => {
  assert.instanceOf(found.error, HandshakeFailed)
  const { plain, reason } = found.error as HandshakeFailed
  return { plain, reason, words: verdictInWords(found.error as HandshakeFailed), dials: found.dials }
}

describe("who calls", () => {
  it.effect("says plain words to whoever takes them, and nothing else", () =>
    Effect.gen(function* () {
      const { connections, dials, link } = yield* ending("prefer", [Script.good])
      assert.isUndefined(link!.seen().encrypted)
      assert.deepStrictEqual({ connections, dials }, { connections: 1, dials: 1 })
    }),
  )

  it.effect("calls at once again who hangs up on plain words, and speaks with it behind an encrypted handshake", () =>
    Effect.gen(function* () {
      const { connections, dials, link } = yield* ending("prefer", [Script.encryptedOnly, Script.encryptedOnly])
      assert.strictEqual(link!.seen().encrypted, "rc4")
      assert.deepStrictEqual({ connections, dials }, { connections: 1, dials: 2 })
    }),
  )

  it.effect("waits for its turn before it calls again", () => {
    const turn = Latch.makeUnsafe()
    const { layer, open } = meeting("prefer", [Script.encryptedOnly, Script.encryptedOnly], turn.await)
    return Effect.gen(function* () {
      const { begin, dials } = yield* open
      const probing = yield* Effect.forkScoped(begin)
      yield* visit([3000])
      assert.strictEqual(dials(), 1)
      yield* turn.open
      assert.strictEqual((yield* Fiber.join(probing)).seen().encrypted, "rc4")
      assert.strictEqual(dials(), 2)
    }).pipe(Effect.provide(layer))
  })

  it.effect("calls beside plain words who is silent to them, and hangs up where it is not heard", () =>
    Effect.gen(function* () {
      const scripts = [Script.silent, Script.encryptedOnly]
      assert.isUndefined((yield* ending("prefer", scripts, [1990])).link, "it is given the time to answer")
      const { connections, link } = yield* ending("prefer", scripts, [1990, 2010])
      assert.strictEqual(link!.seen().encrypted, "rc4")
      assert.strictEqual(connections, 1)
    }),
  )

  it.effect("takes plain words that come late", () =>
    Effect.gen(function* () {
      const late: Script.Script = { ...Script.good, steps: [{ _tag: "Wait", ms: 3000 }, ...Script.good.steps] }
      for (const second of [Script.silent, Script.hangUp, Script.refuse, Script.blackhole]) {
        const { connections, dials, link }: Ending = yield* ending("prefer", [late, second], [2010, 2990, 3010])
        assert.isDefined(link)
        assert.isUndefined(link!.seen().encrypted)
        assert.deepStrictEqual({ connections, dials }, { connections: 1, dials: 2 })
      }
    }),
  )

  it.effect("tells apart who hangs up on plain words and who hangs up on both", () =>
    Effect.gen(function* () {
      const { hangUpOnHandshake, refuse, silent } = Script
      assert.deepStrictEqual(failure(yield* ending("prefer", [hangUpOnHandshake, hangUpOnHandshake])), {
        plain: "closed",
        reason: "closed",
        words: "hung up on plain and encrypted handshakes",
        dials: 2,
      })
      assert.deepStrictEqual(failure(yield* ending("prefer", [hangUpOnHandshake, silent], [4990, 5010])), {
        plain: "closed",
        reason: "timed out",
        words: "hung up on a plain handshake and never answered an encrypted one",
        dials: 2,
      })
      assert.deepStrictEqual(failure(yield* ending("prefer", [hangUpOnHandshake, refuse])), {
        plain: undefined,
        reason: "closed",
        words: "closed during the handshake",
        dials: 2,
      })
      const garbage: Script.Script = { _tag: "Accept", steps: [{ _tag: "Garbage" }, { _tag: "Garbage" }] }
      assert.deepStrictEqual(failure(yield* ending("prefer", [hangUpOnHandshake, garbage])), {
        plain: "closed",
        reason: "not BitTorrent",
        words: "hung up on a plain handshake and did not understand an encrypted one",
        dials: 2,
      })
    }),
  )

  it.effect("costs nobody time: who is silent to both is given up when who is silent to plain words would be", () =>
    Effect.gen(function* () {
      const silent = [Script.silent, Script.silent]
      for (const policy of ["off", "prefer", "require"] as const) {
        assert.isUndefined((yield* ending(policy, silent, [2010, 4990])).error)
        const { reason, words } = failure(yield* ending(policy, silent, [2010, 4990, 5010]))
        assert.strictEqual(reason, "timed out")
        assert.strictEqual(
          words,
          policy === "require" ? "never answered an encrypted handshake" : "never answered the handshake",
        )
      }
    }),
  )

  it.effect("switched off, it is as if there were none", () =>
    Effect.gen(function* () {
      const off = failure(yield* ending("off", [Script.encryptedOnly, Script.encryptedOnly]))
      assert.deepStrictEqual(off, {
        plain: undefined,
        reason: "closed",
        words: "closed during the handshake",
        dials: 1,
      })
    }),
  )

  it.effect("required, it never says plain words", () =>
    Effect.gen(function* () {
      const { dials, link } = yield* ending("require", [Script.encryptedOnly])
      assert.strictEqual(link!.seen().encrypted, "rc4")
      assert.strictEqual(dials, 1)
      assert.deepStrictEqual(failure(yield* ending("require", [Script.good, Script.good])), {
        plain: "not tried",
        reason: "closed",
        words: "hung up on an encrypted handshake",
        dials: 1,
      })
    }),
  )

  it.effect("remembers how a peer wants to be spoken to, until that proves wrong", () => {
    const { encryptedOnly, good, hangUpOnHandshake } = Script
    const scripts = [encryptedOnly, encryptedOnly, encryptedOnly, hangUpOnHandshake, good, hangUpOnHandshake, good]
    const { layer, open } = meeting("prefer", scripts)
    return Effect.gen(function* () {
      const { begin, dials } = yield* open
      const next = Effect.map(Effect.exit(Effect.scoped(begin)), (exit) => [exit._tag, dials()])
      assert.deepStrictEqual(yield* next, ["Success", 2], "both ways")
      assert.deepStrictEqual(yield* next, ["Success", 3], "the one it wants")
      assert.deepStrictEqual(yield* next, ["Failure", 4], "that alone, though it wants it no more")
      assert.deepStrictEqual(yield* next, ["Success", 5], "plain words again")
      assert.deepStrictEqual(yield* next, ["Failure", 6], "those alone")
      assert.deepStrictEqual(yield* next, ["Success", 7])
    }).pipe(Effect.provide(layer))
  })
})

const theirId = PeerId.make("9.9.9", new Uint8Array(12).fill(7))
const other = Content.make({ files: 70_000, pieceLength: 16_384 })
const greeting = (infoHash = content.torrent.infoHash) =>
  Handshake.print({ infoHash, peerId: theirId, fast: true, extended: true, dht: false })

/** A reception for two torrents, under this policy. */
const reception = Effect.fnUntraced(function* (policy: Encryption.Policy) {
  const calls = yield* Calls.make()
  const nowhere = Dialer.of({ dial: () => Effect.succeed(MemorySocket.refused()) })
  const listener = yield* Effect.provide(Listener, calls.layer)
  const services = Encryption.over(policy, Context.add(Context.make(Dialer, nowhere), Listener, listener))
  const welcomed: Array<Link> = []
  const made = yield* Effect.provideContext(Reception.make([6881]), services as Context.Context<Dialer | Listener>)
  yield* made.listen
  const self = yield* Self.make
  for (const { torrent } of [other, content]) {
    yield* made.register({
      torrent,
      self,
      welcome: (link) =>
        Effect.andThen(
          Effect.sync(() => welcomed.push(link)),
          Effect.never,
        ),
    })
  }
  /** What comes back to who calls and says this, plainly or behind an encrypted handshake. */
  let callers = 0
  const call = Effect.fnUntraced(function* (how: "plain" | "encrypted", words: Uint8Array, about = content) {
    const far = (yield* calls.call(`203.0.113.${++callers}:40000`))!
    const dialer = Dialer.of({ dial: () => Effect.succeed(far) })
    const theirs = Encryption.over(how === "plain" ? "off" : "require", Context.make(Dialer, dialer))
    const socket = yield* Context.get(theirs, Dialer).dial(peer, {
      infoHash: about.torrent.infoHash,
      patience: Deadlines.race.handshake,
      pace: Effect.void,
      tell: () => {},
    })
    const pull = yield* Socket.readerBytes(socket)
    yield* (yield* socket.writer).write(words)
    const heard = yield* Effect.forkChild(Effect.exit(pull))
    yield* settle
    return heard
  })
  return { call, welcomed, open: calls.open }
})

/** The handshake that came back, if one did. */
const answer = (heard: Fiber.Fiber<Exit.Exit<ReadonlyArray<Uint8Array>, unknown>>) => {
  const end = heard.pollUnsafe()
  return end !== undefined && Exit.isSuccess(end) && Exit.isSuccess(end.value)
    ? Handshake.parse(Buffer.concat(end.value.value))
    : undefined
}

describe("who is called", () => {
  it.effect("understands both, for every torrent of the session", () =>
    Effect.gen(function* () {
      const { call, welcomed } = yield* reception("prefer")
      for (const about of [content, other]) {
        for (const how of ["plain", "encrypted"] as const) {
          const heard = answer(yield* call(how, greeting(about.torrent.infoHash), about))
          assert.strictEqual(heard?._tag, "Success")
          assert.strictEqual(welcomed.at(-1)!.seen().encrypted, how === "plain" ? undefined : "rc4")
        }
      }
      assert.strictEqual(welcomed.length, 4)
    }),
  )

  it.effect("hangs up on plain words where encryption is required, and on encrypted ones where it is off", () =>
    Effect.gen(function* () {
      const strict = yield* reception("require")
      assert.isUndefined(answer(yield* strict.call("plain", greeting())))
      assert.strictEqual(strict.open(), 0)
      assert.strictEqual(answer(yield* strict.call("encrypted", greeting()))?._tag, "Success")
      const off = yield* reception("off")
      assert.isUndefined(answer(yield* off.call("encrypted", greeting())))
      assert.strictEqual(off.open(), 0)
    }).pipe(Effect.scoped),
  )

  it.effect("hangs up on who names a torrent that is not here", () =>
    Effect.gen(function* () {
      const { call, open, welcomed } = yield* reception("prefer")
      const unknown = Content.make({ files: 50_000, pieceLength: 16_384 })
      assert.isUndefined(answer(yield* call("encrypted", greeting(unknown.torrent.infoHash), unknown)))
      assert.strictEqual(open(), 0)
      assert.strictEqual(welcomed.length, 0)
    }),
  )

  it.effect("listens to a stranger for so long and no longer, whatever it says meanwhile", () =>
    Effect.gen(function* () {
      const { call, open } = yield* reception("prefer")
      yield* call("plain", Uint8Array.of(7))
      yield* call("plain", new Uint8Array(100).fill(7))
      yield* call("plain", greeting().subarray(0, 10))
      yield* visit([4990])
      assert.strictEqual(open(), 3)
      yield* visit([20])
      assert.strictEqual(open(), 0)
      yield* call("plain", new Uint8Array(2000).fill(7))
      assert.strictEqual(open(), 0, "more than a handshake can be is too much at once")
    }),
  )
})

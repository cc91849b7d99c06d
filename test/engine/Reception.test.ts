/** Peers that call us: whoever names one of our torrents is welcomed by who has it, everybody else costs little and is told nothing. */
import { assert, describe, it } from "@effect/vitest"
import { Content, type MemorySocket, settle, visit } from "@unchoke/testkit"
import { Handshake, PeerId, PeerMessage } from "@unchoke/protocol"
import { Effect, Exit, Schema, Scope } from "effect"
import { NetAddress } from "effect/net"
import { Socket } from "effect/socket"
import { type Link, Reception, Self } from "@unchoke/engine/internal"
import * as Calls from "./Calls.ts"

const content = Content.make({ files: 100_000, pieceLength: 16_384 })
const other = Content.make({ files: 70_000, pieceLength: 16_384 })
const theirId = PeerId.make("9.9.9", new Uint8Array(12).fill(7))
const greeting = ({ infoHash } = content.torrent, peerId = theirId) =>
  Handshake.print({ infoHash, peerId, fast: true, extended: true, dht: false })

/** A reception that listens, and one host for each of these torrents. */
const open = Effect.fnUntraced(function* (torrents = [content.torrent]) {
  const calls = yield* Calls.make()
  const self = yield* Self.make
  const welcomed: Array<Link> = []
  const reception = yield* Reception.make([6881]).pipe(Effect.provide(calls.layer))
  yield* reception.listen
  for (const torrent of torrents) {
    yield* reception.register({
      torrent,
      self,
      welcome: (link) =>
        Effect.andThen(
          Effect.sync(() => welcomed.push(link)),
          Effect.never,
        ),
    })
  }
  /** Calls, and reads what comes back. */
  const call = Effect.fnUntraced(function* (from: string) {
    const far = (yield* calls.call(from))!
    return { ...(yield* ear(far)), reset: far.reset }
  })
  return { ...calls, call, reception, self, welcomed }
})

/** What a connection has brought so far, and whether it has ended. */
const ear = Effect.fnUntraced(function* (far: MemorySocket.MemorySocket) {
  const scope = yield* Scope.fork(yield* Effect.scope)
  const pull = yield* Scope.provide(Socket.readerBytes(far), scope)
  const writer = yield* Scope.provide(far.writer, scope)
  let heard = new Uint8Array(0)
  let ended = false
  yield* pull.pipe(
    Effect.map((chunks) => void (heard = Uint8Array.from(Buffer.concat([heard, ...chunks])))),
    Effect.forever,
    Effect.ignore,
    Effect.ensuring(Effect.sync(() => void (ended = true))),
    Effect.forkIn(scope),
  )
  return {
    heard: () => heard,
    ended: () => ended,
    send: (bytes: Uint8Array) => Effect.ignore(writer.write(bytes)),
    hangUp: Scope.close(scope, Exit.void),
  }
})

describe("Reception", () => {
  it.effect("who names our torrent is answered, and welcomed with all that its handshake tells", () =>
    Effect.gen(function* () {
      const { call, self, welcomed } = yield* open([other.torrent, content.torrent])
      const peer = yield* call("203.0.113.5:40000")
      yield* settle
      assert.strictEqual(peer.heard().length, 0, "we do not speak first: we do not know yet of what")
      yield* peer.send(Buffer.concat([greeting(), PeerMessage.printAll([{ _tag: "HaveAll" }])]))
      yield* settle
      const answer = yield* Effect.fromResult(Handshake.parse(peer.heard()))
      assert.deepStrictEqual(answer, { ...Self.extensions, infoHash: content.torrent.infoHash, peerId: self.peerId })
      assert.strictEqual(peer.heard().length, Handshake.byteLength, "what we have is for the host to say")
      const [link] = welcomed
      assert.strictEqual(NetAddress.formatInet(link!.peer), "203.0.113.5:40000")
      assert.deepStrictEqual(link!.peerId, theirId)
      assert.deepInclude(link!.extensions, { fast: true, extended: true, dht: false })
      assert.strictEqual(link!.seen().client, "unchoke 9.9.9")
      yield* link!.until((state) => state.announced)
      assert.strictEqual(link!.seen().have, content.torrent.geometry.pieces)
      yield* link!.send({ _tag: "Unchoke" })
      yield* settle
      assert.deepStrictEqual(peer.heard().slice(Handshake.byteLength), PeerMessage.printAll([{ _tag: "Unchoke" }]))
    }),
  )

  const Cuts = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 67 }))).check(
    Schema.isMaxLength(6),
  )
  it.effect.prop(
    "however the handshake and what follows are cut, it is the same link",
    [Cuts],
    ([cuts]) =>
      Effect.gen(function* () {
        const { call, welcomed } = yield* open()
        const peer = yield* call("203.0.113.5:40000")
        const bytes = Buffer.concat([greeting(), PeerMessage.printAll([{ _tag: "Have", piece: 3 }])])
        let from = 0
        for (const cut of [...new Set(cuts)].toSorted((a, b) => a - b)) {
          yield* peer.send(bytes.subarray(from, cut))
          from = cut
          yield* settle
        }
        yield* peer.send(bytes.subarray(from))
        yield* settle
        yield* welcomed[0]!.until((state) => state.pieces.has(3))
        assert.strictEqual(welcomed.length, 1)
      }).pipe(Effect.scoped),
    { arbitrary: { runs: 50 } },
  )

  it.effect("who says its peer id only after our answer is waited for", () =>
    Effect.gen(function* () {
      const { call, welcomed } = yield* open()
      const peer = yield* call("203.0.113.5:40000")
      yield* peer.send(greeting().subarray(0, 48))
      yield* settle
      assert.strictEqual(peer.heard().length, Handshake.byteLength)
      yield* peer.send(greeting().subarray(48))
      yield* settle
      assert.strictEqual(welcomed.length, 1)
    }),
  )

  const strangers: ReadonlyArray<readonly [string, Uint8Array]> = [
    ["a web browser", new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n")],
    ["one wrong byte", Uint8Array.of(18)],
    ["an encrypted handshake", new Uint8Array(96).fill(0xa5)],
    ["another torrent", greeting({ ...content.torrent, infoHash: new Uint8Array(20).fill(9) })],
    ["another torrent, half", greeting({ ...content.torrent, infoHash: new Uint8Array(20) }).subarray(0, 48)],
  ]
  for (const [what, bytes] of strangers) {
    it.effect(`${what}: hung up on at once, without a word`, () =>
      Effect.gen(function* () {
        const { call, open: connections, welcomed } = yield* open()
        const peer = yield* call("203.0.113.5:40000")
        yield* peer.send(bytes)
        yield* settle
        assert.isTrue(peer.ended())
        assert.strictEqual(peer.heard().length, 0)
        assert.strictEqual(connections(), 0)
        assert.strictEqual(welcomed.length, 0)
      }),
    )
  }

  it.effect("ourselves: answered, so that we know at the other end too, and hung up on", () =>
    Effect.gen(function* () {
      const { call, open: connections, self, welcomed } = yield* open()
      const peer = yield* call("203.0.113.5:40000")
      yield* peer.send(greeting(content.torrent, self.peerId))
      yield* settle
      assert.strictEqual(peer.heard().length, Handshake.byteLength)
      assert.isTrue(peer.ended())
      assert.strictEqual(connections() + welcomed.length, 0)
    }),
  )

  for (const [what, bytes] of [
    ["nothing", 0],
    ["a byte", 1],
    ["half a handshake", 40],
    ["all but one byte", 67],
  ] as const) {
    it.effect(`who says ${what} and then no more has five seconds`, () =>
      Effect.gen(function* () {
        const { call, open: connections } = yield* open()
        const peer = yield* call("203.0.113.5:40000")
        yield* peer.send(greeting().subarray(0, bytes))
        yield* visit([1000, 4900])
        assert.isFalse(peer.ended())
        yield* visit([200])
        assert.isTrue(peer.ended())
        assert.strictEqual(connections(), 0)
      }),
    )
  }

  it.effect("a slow loris has five seconds for all of it, not for each byte", () =>
    Effect.gen(function* () {
      const { call, open: connections } = yield* open()
      const peer = yield* call("203.0.113.5:40000")
      for (let at = 0; at < 60 && !peer.ended(); at++) {
        yield* peer.send(greeting().subarray(at, at + 1))
        yield* visit([100])
        assert.strictEqual(connections(), at < 49 ? 1 : 0)
      }
      assert.isTrue(peer.ended())
    }),
  )

  it.effect("at most fifty handshakes are open, and the oldest gives way", () =>
    Effect.gen(function* () {
      const { call, open: connections, welcomed } = yield* open()
      const strangers = yield* Effect.forEach(Array.from({ length: 120 }), (_, i) => call(`198.51.100.${i}:1`))
      yield* settle
      assert.strictEqual(connections(), 50)
      assert.deepStrictEqual(
        strangers.map((stranger) => stranger.ended()),
        strangers.map((_, i) => i < 70),
      )
      const peer = yield* call("203.0.113.5:40000")
      for (let i = 0; i < 49; i++) yield* call(`192.0.2.${i}:1`)
      yield* settle
      yield* peer.send(greeting())
      yield* settle
      assert.strictEqual(welcomed.length, 1, "it was heard: fewer than fifty came after it")
      yield* call("192.0.2.99:1")
      yield* settle
      assert.strictEqual(connections(), 51, "and takes no place among those who wait any more")
    }),
  )

  it.effect("at most three connections of one address, in whichever state; this machine's do not count", () =>
    Effect.gen(function* () {
      const { call, open: connections } = yield* open()
      const peers = yield* Effect.forEach([1, 2, 3, 4], (port) => call(`203.0.113.5:${port}`))
      yield* settle
      assert.deepStrictEqual(
        peers.map((peer) => peer.ended()),
        [false, false, false, true],
      )
      yield* peers[0]!.send(greeting())
      yield* settle
      assert.isTrue((yield* call("203.0.113.5:5").pipe(Effect.tap(() => settle))).ended())
      assert.isFalse((yield* call("203.0.113.6:5").pipe(Effect.tap(() => settle))).ended())
      yield* peers[0]!.hangUp
      yield* peers[1]!.hangUp
      yield* visit([5000])
      assert.strictEqual(connections(), 1, "the host knows that it has gone when it reads")
      for (const host of ["127.0.0.1", "127.9.9.9", "[::1]"]) {
        for (let port = 1; port <= 9; port++) yield* call(`${host}:${port}`)
      }
      yield* settle
      assert.strictEqual(connections(), 28)
    }),
  )

  it.effect("whoever leaves in the middle leaves nothing behind", () =>
    Effect.gen(function* () {
      const { call, open: connections, welcomed } = yield* open()
      for (let round = 0; round < 300; round++) {
        const peer = yield* call("203.0.113.5:40000")
        yield* peer.send(greeting().subarray(0, round % 68))
        yield* round % 2 === 0 ? peer.hangUp : peer.reset
        yield* settle
        assert.strictEqual(connections(), 0, `after ${round % 68} bytes`)
      }
      assert.strictEqual(welcomed.length, 0)
    }),
  )

  it.effect("one torrent is here once; what has left may come again", () =>
    Effect.gen(function* () {
      const { reception, self } = yield* open([])
      const host = { torrent: content.torrent, self, welcome: () => Effect.never }
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* reception.register(host)
          const error = yield* Effect.flip(reception.register({ ...host }))
          assert.deepInclude(error, { _tag: "AlreadyRunning", name: "AlreadyRunning", torrent: content.torrent.name })
          yield* reception.register({ ...host, torrent: other.torrent })
        }),
      )
      yield* reception.register(host)
    }),
  )

  it.effect("when a host leaves, its callers' connections are closed before it has left; those of others stay", () =>
    Effect.gen(function* () {
      const { call, open: connections, reception, self } = yield* open([other.torrent])
      const scope = yield* Scope.make()
      let goodbye = 0
      const host = {
        torrent: content.torrent,
        self,
        welcome: () =>
          Effect.onInterrupt(Effect.never, () =>
            Effect.andThen(
              Effect.yieldNow,
              Effect.sync(() => goodbye++),
            ),
          ),
      }
      yield* Scope.provide(reception.register(host), scope)
      const peers = yield* Effect.forEach([1, 2, 3], (host) => call(`203.0.113.${host}:1`))
      for (const peer of peers.slice(0, 2)) yield* peer.send(greeting())
      yield* peers[2]!.send(greeting(other.torrent))
      const late = yield* call("203.0.113.9:1")
      yield* late.send(greeting().subarray(0, 50))
      yield* settle
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(goodbye, 2)
      assert.strictEqual(connections(), 2)
      yield* late.send(greeting().subarray(50))
      yield* settle
      assert.deepStrictEqual(
        [...peers, late].map((peer) => peer.ended()),
        [true, true, false, true],
      )
    }),
  )

  it.effect("listens while somebody wants to be called, on the first port that is free", () =>
    Effect.gen(function* () {
      const calls = yield* Calls.make([6881, 6882])
      const reception = yield* Reception.make([6881, 6882, 6883]).pipe(Effect.provide(calls.layer))
      assert.isUndefined(calls.listening())
      yield* Effect.scoped(
        Effect.gen(function* () {
          assert.strictEqual(yield* reception.listen, 6883)
          yield* Effect.scoped(reception.listen)
          assert.strictEqual(calls.listening(), 6883)
        }),
      )
      assert.isUndefined(calls.listening())
    }),
  )

  it.effect("where no port is to be had that is told, and torrents are registered all the same", () =>
    Effect.gen(function* () {
      const calls = yield* Calls.make([6881])
      const reception = yield* Reception.make([6881]).pipe(Effect.provide(calls.layer))
      assert.deepInclude(yield* Effect.flip(reception.listen), { _tag: "ListenFailed", reason: "in use" })
      const host = { torrent: content.torrent, self: yield* Self.make, welcome: () => Effect.never }
      yield* reception.register(host)
      assert.strictEqual((yield* Effect.flip(reception.register(host)))._tag, "AlreadyRunning")
    }),
  )
})

import { NodeDialer } from "@unchoke/node"
import { Content, errand, LoopbackSwarm, Script } from "@unchoke/testkit"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Duration, Effect, Exit } from "effect"
import { Deadlines, Dialer } from "@unchoke/engine"
import { probeLink, Self } from "@unchoke/engine/internal"

const content = Content.make({ files: 40_000, pieceLength: 16_384 })

const deadlines: Deadlines.Deadlines = {
  ...Deadlines.race,
  connect: Duration.millis(300),
  handshake: Duration.millis(300),
  bitfield: Duration.millis(300),
  unchoke: Duration.millis(300),
}

/** How the probe of one scripted peer ends: the tag of its error, with its reason where it has one. */
const verdictOn = Effect.fnUntraced(function* (member: LoopbackSwarm.Member) {
  const swarm = yield* LoopbackSwarm.start(content, [member])
  const exit = yield* probeLink(swarm.addresses[0]!, {
    torrent: content.torrent,
    self: yield* Self.make,
    deadlines,
    hurried: Effect.never,
    overdue: Effect.void,
    pace: Effect.void,
    connected: Effect.void,
    parked: () => Effect.void,
  }).pipe(Effect.scoped, Effect.exit)
  if (Exit.isSuccess(exit)) return `Link to ${exit.value.seen().client}`
  const error = exit.cause.reasons.find(Cause.isFailReason)?.error
  return error !== undefined && "reason" in error ? `${error._tag}: ${error.reason}` : error?._tag
})

describe("LoopbackSwarm", () => {
  // A reset that comes at once may be seen by the dial already.
  const resetOnHandshake: Script.Script = { _tag: "Accept", steps: [{ _tag: "AwaitHandshake" }, { _tag: "Reset" }] }
  const verdicts: ReadonlyArray<{ readonly what: string; readonly expected: string } & LoopbackSwarm.Member> = [
    { what: "a seeder", script: Script.good, client: "-TR3000-", expected: "Link to Transmission 3.00" },
    { what: "another address", script: Script.good, host: "127.0.0.77", expected: "Link to unchoke 0.0.0" },
    { what: "IPv6", script: Script.good, host: "::1", client: "-qB4510-", expected: "Link to qBittorrent 4.5.1" },
    { what: "dribbled bytes", script: Script.dribbling(7), client: "-LT2080-", expected: "Link to libtorrent 2.0.8" },
    { what: "nobody there", script: Script.refuse, expected: "ConnectFailed: refused" },
    { what: "a firewall", script: Script.blackhole, expected: "ConnectFailed: timed out" },
    { what: "a hang-up", script: Script.hangUpOnHandshake, expected: "HandshakeFailed: closed" },
    { what: "a reset", script: resetOnHandshake, expected: "HandshakeFailed: reset" },
    { what: "silence", script: Script.silent, expected: "HandshakeFailed: timed out" },
    { what: "a web server", script: Script.notBitTorrent, expected: "HandshakeFailed: not BitTorrent" },
    { what: "another torrent", script: Script.wrongHash, expected: "HandshakeFailed: wrong info hash" },
    { what: "ourselves", script: Script.ourselves, expected: "HandshakeFailed: ourselves" },
    { what: "a peer with a part", script: Script.incomplete(1), expected: "IncompletePeer" },
    { what: "garbage", script: Script.garbage, expected: "ProtocolViolation" },
    { what: "a peer that never unchokes", script: Script.neverUnchoke, expected: "ChokeTimeout" },
  ]
  it.live.each(verdicts)("$what: $expected", (member) =>
    Effect.gen(function* () {
      assert.strictEqual(yield* verdictOn(member), member.expected)
    }).pipe(Effect.scoped, Effect.provide(NodeDialer.layer)),
  )

  it.live("closes every listener and connection with its scope", () =>
    Effect.gen(function* () {
      const [address] = yield* Effect.scoped(
        Effect.gen(function* () {
          const swarm = yield* LoopbackSwarm.start(content, [{ script: Script.silent }])
          const socket = yield* (yield* Dialer).dial(swarm.addresses[0]!, errand)
          yield* socket.reader
          return swarm.addresses
        }),
      )
      const socket = yield* (yield* Dialer).dial(address!, errand)
      const error = yield* Effect.flip(Effect.scoped(socket.reader))
      assert.strictEqual(error.reason._tag, "SocketOpenError")
    }).pipe(Effect.provide(NodeDialer.layer)),
  )
})

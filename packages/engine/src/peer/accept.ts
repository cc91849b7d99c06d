/**
 * A conversation that the peer begins: the mirror of `connect` and `shakeHands`.
 *
 * Nothing is said to somebody who has not named one of our torrents. The answer goes out as soon as it has: some clients say who they are only then, and who turns out to be
 * ourselves, or to be connected already, learns that from the answer as well as we do from its call.
 */
import { Handshake, PeerId } from "@unchoke/protocol"
import { Bytes, type Duration, Effect, type Scope } from "effect"
import type { NetAddress } from "effect/net"
import { Socket } from "effect/socket"
import type { Connection } from "./connect.ts"
import { HandshakeFailed } from "./errors.ts"
import type { Incoming } from "./Listener.ts"
import { stopwatch } from "../monotonic.ts"
import * as Self from "./Self.ts"
import { hear } from "./shakeHands.ts"
import { Sighting } from "./Sighting.ts"
import { isReset } from "./socketReasons.ts"

/** A connection on which handshakes were exchanged. */
export interface Caller {
  readonly peer: NetAddress.InetAddress
  readonly connection: Connection
  readonly sighting: Sighting
  readonly handshake: Handshake.Handshake
  /** What came behind the handshake. */
  readonly rest: Uint8Array
}

export interface Accepting<Host> {
  /** For the whole handshake, from the moment the connection stands. */
  readonly deadline: Duration.Duration
  /** Who has the torrent of this info hash, if anybody. */
  readonly find: (infoHash: Uint8Array) => Host | undefined
}

/** Reads the peer's handshake, finds who has its torrent, and answers. The connection belongs to the scope. */
export const accept = Effect.fnUntraced(function* <Host extends { readonly self: Self.Self }>(
  { encrypted, peer, socket }: Incoming,
  { deadline, find }: Accepting<Host>,
): Effect.fn.Return<readonly [Host, Caller], HandshakeFailed, Scope.Scope> {
  const sighting = new Sighting(yield* stopwatch)
  const failed = (reason: HandshakeFailed["reason"]) => new HandshakeFailed({ peer, seen: sighting.seen, reason })
  const exchange = Effect.gen(function* () {
    const pull = yield* Socket.readerBytes(socket)
    const writer = yield* socket.writer
    const head = yield* hear(pull, new Uint8Array(0), Handshake.infoHashEnd)
    const infoHash = yield* Effect.mapError(Effect.fromResult(Handshake.infoHashIn(head)), failed)
    const host = find(infoHash)
    if (host === undefined) return yield* failed("wrong info hash")
    yield* writer.write(Handshake.print({ ...Self.extensions, infoHash, peerId: host.self.peerId }))
    const held = yield* hear(pull, head, Handshake.byteLength)
    const handshake = yield* Effect.mapError(Effect.fromResult(Handshake.parse(held)), failed)
    if (Bytes.Equivalence(handshake.peerId, host.self.peerId)) return yield* failed("ourselves")
    const rest = held.subarray(Handshake.byteLength)
    return [host, { peer, connection: { pull, writer }, sighting, handshake, rest }] as const
  })
  const answered = yield* exchange.pipe(
    Effect.mapError((error) => (error._tag === "SocketError" ? failed(isReset(error) ? "reset" : "closed") : error)),
    Effect.timeoutOrElse({ duration: deadline, orElse: () => Effect.fail(failed("timed out")) }),
  )
  sighting.approach = { encrypted: encrypted?.() }
  sighting.client = PeerId.clientOf(answered[1].handshake.peerId)
  sighting.done("handshake")
  return answered
})

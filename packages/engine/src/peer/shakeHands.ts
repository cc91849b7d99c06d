/** The second step of a conversation: who are you, and is it about the same torrent? (BEP 3) */
import { Handshake, PeerId } from "@unchoke/protocol"
import { Bytes, Effect } from "effect"
import type { NetAddress } from "effect/net"
import type { Connection, Conversation } from "./connect.ts"
import { HandshakeFailed } from "./errors.ts"
import * as Self from "./Self.ts"
import type { Sighting } from "./Sighting.ts"
import { handshakeReason } from "./socketReasons.ts"

/** Sends our handshake and reads the peer's: it must be for our torrent, and not our own. What came behind it is the `rest`. */
export const shakeHands = Effect.fnUntraced(function* (
  peer: NetAddress.InetAddress,
  { pull, writer }: Connection,
  sighting: Sighting,
  { deadlines, self, torrent }: Conversation,
) {
  const failed = (reason: HandshakeFailed["reason"]) => {
    const { encrypted, plain } = sighting.approach
    const about = { peer, seen: sighting.seen }
    if (encrypted === undefined) return new HandshakeFailed({ ...about, reason: plain ?? reason })
    return new HandshakeFailed({ ...about, reason, plain: plain ?? "not tried" })
  }
  const exchange = Effect.gen(function* () {
    yield* writer.write(Handshake.print({ ...Self.extensions, infoHash: torrent.infoHash, peerId: self.peerId }))
    return yield* hear(pull, new Uint8Array(0), Handshake.byteLength)
  })
  const held = yield* exchange.pipe(
    Effect.mapError((cause) => failed(handshakeReason(cause))),
    Effect.timeoutOrElse({ duration: deadlines.handshake, orElse: () => Effect.fail(failed("timed out")) }),
  )
  const handshake = yield* Effect.mapError(Effect.fromResult(Handshake.parse(held)), failed)
  if (!Bytes.Equivalence(handshake.infoHash, torrent.infoHash)) return yield* failed("wrong info hash")
  if (Bytes.Equivalence(handshake.peerId, self.peerId)) return yield* failed("ourselves")
  sighting.client = PeerId.clientOf(handshake.peerId)
  sighting.done("handshake")
  return { handshake, rest: held.subarray(Handshake.byteLength) }
})

/** Listens until so many bytes of the handshake are there, or it cannot become one any more. */
export const hear = Effect.fnUntraced(function* (pull: Connection["pull"], heard: Uint8Array, length: number) {
  let held = heard
  while (held.length < length && Handshake.isPrefix(held)) held = Bytes.concat([held, ...(yield* pull)])
  return held
})

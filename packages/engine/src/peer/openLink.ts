/** Makes a link: to a peer that we call, and with one that has called us. */
import { Effect, type Scope, Stream } from "effect"
import type { NetAddress } from "effect/net"
import { stopwatch } from "../monotonic.ts"
import { phase } from "../observe/ofPeer.ts"
import type { Caller } from "./accept.ts"
import { connect, type Connection, type Conversation } from "./connect.ts"
import { Conversed } from "./Conversed.ts"
import type { Dialer } from "./Dialer.ts"
import { mostPieces } from "./EarlyWords.ts"
import type { ConnectFailed, HandshakeFailed } from "./errors.ts"
import type { Link } from "./Link.ts"
import { shakeHands } from "./shakeHands.ts"
import { Sighting } from "./Sighting.ts"
import type { Subject } from "./Subject.ts"
import * as Wire from "./Wire.ts"

/** Connects and exchanges handshakes. */
export const openLink = Effect.fnUntraced(function* (
  peer: NetAddress.InetAddress,
  conversation: Conversation,
): Effect.fn.Return<Link, ConnectFailed | HandshakeFailed, Dialer | Scope.Scope> {
  const sighting = new Sighting(yield* stopwatch)
  const connection = yield* connect(peer, sighting, conversation).pipe(phase("connect", peer))
  const { handshake, rest } = yield* shakeHands(peer, connection, sighting, conversation).pipe(phase("handshake", peer))
  return yield* linkWith({ peer, connection, sighting, handshake, rest }, conversation.torrent)
})

/** With a peer whose handshake is there: it may have called us. */
export const linkWith = (
  { connection, rest, ...caller }: Caller,
  torrent: Subject,
): Effect.Effect<Link, never, Scope.Scope> => {
  const pieces = torrent.geometry?.pieces
  const bytes = Stream.fromPull(Effect.succeed(prepend(rest, connection.pull)))
  return Effect.zipWith(
    Effect.scope,
    Stream.toPull(Wire.messages(pieces ?? mostPieces)(bytes)),
    (scope, wire): Link => new Conversed({ ...caller, scope, writer: connection.writer, wire }, pieces),
  )
}

const prepend = (first: Uint8Array, bytes: Connection["pull"]): Connection["pull"] => {
  let rest = first
  return Effect.suspend(() => {
    if (rest.length === 0) return bytes
    const chunk = rest
    rest = rest.subarray(rest.length)
    return Effect.succeed([chunk] as const)
  })
}

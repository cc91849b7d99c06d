/** The first step of a conversation: a TCP connection. */
import { type Array, Duration, Effect, type Scope } from "effect"
import type { NetAddress } from "effect/net"
import { Socket } from "effect/socket"
import type { Deadlines } from "./Deadlines.ts"
import { Dialer } from "./Dialer.ts"
import { ConnectFailed } from "./errors.ts"
import type { Self } from "./Self.ts"
import type { Sighting } from "./Sighting.ts"
import { connectReason } from "./socketReasons.ts"
import type { Subject } from "./Subject.ts"

/** What a conversation is about, and how long it may take. */
export interface Conversation {
  readonly torrent: Subject
  readonly self: Self
  readonly deadlines: Deadlines
  /** Ends when one more dial may begin: the first is under way, and some peers have to be called twice. */
  readonly pace: Effect.Effect<void>
  /** Ends when other candidates wait for this dial's slot: from then on the shorter deadline holds. */
  readonly hurried: Effect.Effect<void>
  /** Run when the dial has said nothing for longer than a living peer takes: it may still come, but others need not wait for it. */
  readonly overdue: Effect.Effect<void>
  /** Run as soon as the TCP connection stands. */
  readonly connected: Effect.Effect<void>
}

/** Bytes in, bytes out. */
export interface Connection {
  readonly pull: Effect.Effect<Array.NonEmptyReadonlyArray<Uint8Array>, Socket.SocketError>
  readonly writer: Socket.Writer
}

/** Nearly every living peer answers within this; a lost packet is sent again only after a second. */
const overdueAfter = Duration.millis(500)

/** Dials the peer within the deadline; the connection belongs to the scope. */
export const connect = Effect.fnUntraced(function* (
  peer: NetAddress.InetAddress,
  sighting: Sighting,
  { connected, deadlines, hurried, overdue, pace, torrent }: Conversation,
): Effect.fn.Return<Connection, ConnectFailed, Dialer | Scope.Scope> {
  const socket = yield* (yield* Dialer).dial(peer, {
    infoHash: torrent.infoHash,
    patience: deadlines.handshake,
    pace,
    tell: (approach) => void (sighting.approach = approach),
  })
  const early = Duration.min(deadlines.connectHurried, deadlines.connect)
  // The waits in turn rather than at once: most dials end before the second one begins, and a fiber less for each is a tenth of the dial.
  const tooLate = Effect.gen(function* () {
    const soon = Duration.min(overdueAfter, early)
    yield* Effect.sleep(soon)
    yield* overdue
    yield* Effect.sleep(Duration.subtract(early, soon))
    yield* Effect.raceFirst(hurried, Effect.sleep(Duration.subtract(deadlines.connect, early)))
  })
  const pull = yield* Socket.readerBytes(socket).pipe(
    Effect.mapError((cause) => new ConnectFailed({ peer, seen: sighting.seen, reason: connectReason(cause), cause })),
    Effect.raceFirst(
      Effect.flatMap(tooLate, () => Effect.fail(new ConnectFailed({ peer, seen: sighting.seen, reason: "timed out" }))),
    ),
  )
  sighting.done("connect")
  yield* connected
  return { pull, writer: yield* socket.writer }
})

/**
 * A connection to a peer whose handshake is done: messages in, messages out, and what the peer has told us so far.
 *
 * The socket belongs to the scope in which the link was opened. Every wait on it is given its deadline by the caller.
 */
import type { Handshake, PeerMessage, PeerState } from "@unchoke/protocol"
import { type Array, Duration, Effect } from "effect"
import type { NetAddress } from "effect/net"
import type { Breach } from "./Breach.ts"
import type { Disconnected, Phase, ProtocolViolation, Seen } from "./errors.ts"
import type { Introduction } from "./Introduction.ts"
import type { Talk } from "./Talk.ts"

export type Lost = Disconnected | ProtocolViolation
export type Messages = Array.NonEmptyReadonlyArray<PeerMessage.PeerMessage>

export interface Link {
  readonly peer: NetAddress.InetAddress
  /** Who it says it is, 20 bytes: the same for each of its connections. */
  readonly peerId: Uint8Array
  /** The extensions that its handshake announced. */
  readonly extensions: Pick<Handshake.Handshake, "fast" | "extended" | "dht">
  /** What the peer has told us: the fold of all messages that were pulled. */
  readonly state: () => PeerState.PeerState
  /** What we have learnt of it so far. */
  readonly seen: () => Seen
  /**
   * Says who we are and what we have, as the peer's extensions want it; to be sent before anything else. Once more it says what has come since: of a link that began when there was nothing to be said.
   */
  readonly introduce: (introduction: Introduction) => Effect.Effect<void, Disconnected>
  /** From now on the observer hears what becomes of the pieces that the peer has. */
  readonly observe: (observer: Observer) => void
  /** From now on the payloads of the extended messages of this id of ours are heard, as they are pulled (BEP 10). They are borrowed as blocks are. What breaks a rule ends the link. */
  readonly hear: (id: number, ear: Ear) => void
  /** Sends messages in one write. */
  readonly send: (...messages: Messages) => Effect.Effect<void, Disconnected>
  /** Sends `piece` messages, as they go over the wire, in one write, without copying them: they must not change before it returns. */
  readonly sendPieces: (pieces: Array.NonEmptyReadonlyArray<Uint8Array>) => Effect.Effect<void, Disconnected>
  /** The next messages. Their blocks are borrowed: valid until the next pull. Interrupting it loses nothing. */
  readonly pull: Effect.Effect<Messages, Lost>
  /** Waits until what the peer has told us satisfies the predicate; messages behind the one that did are left for the next pull. */
  readonly until: (predicate: (state: PeerState.PeerState) => boolean) => Effect.Effect<void, Lost>
  /** Now it is known how many pieces the torrent has: where it was not, what the peer has said of them counts from here on. Says what was wrong with that, if anything. */
  readonly describe: (pieces: number) => ProtocolViolation | undefined
  /** How much it says beside what we want. */
  readonly talk: Talk
  /** Says in which phase the conversation now is: errors carry it. */
  readonly enter: (phase: Phase) => void
}

/** Hears the payload of an extended message, and says which rule it breaks, if it does. */
export type Ear = (payload: Uint8Array) => Breach | undefined

/** Hears what becomes of the pieces that a peer has, as its messages are pulled. */
export interface Observer {
  /** It has one more. */
  readonly gained: (piece: number) => void
  /** It says anew what it has. */
  readonly replaced: () => void
}

/** Something is said after so much silence of ours; peers drop a connection after two minutes (BEP 3). */
export const keepAliveAfter = Duration.seconds(100)

/** Says that we are here, while there is nothing else to say to it yet. Ends when it is gone. */
export const keepAlive = (link: Pick<Link, "send">): Effect.Effect<void> =>
  Effect.ignore(Effect.forever(Effect.andThen(Effect.sleep(keepAliveAfter), link.send({ _tag: "KeepAlive" }))))

/** Hears nothing. */
export const nobody: Observer = { gained: () => {}, replaced: () => {} }

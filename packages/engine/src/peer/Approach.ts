/** How we come to understand a peer: in plain words, or behind an encrypted handshake. */
import type { Encryption } from "@unchoke/protocol"
import type { Duration, Effect } from "effect"

/** What became of both ways, so far. */
export interface Approach {
  /** How a plain handshake came to nothing, where one was tried before. */
  readonly plain?: "closed" | "reset" | "timed out" | undefined
  /** An encrypted one is under way, or how what follows it is sent. */
  readonly encrypted?: "under way" | Encryption.Method | undefined
}

/** What a call is about. */
export interface Errand {
  readonly infoHash: Uint8Array
  /** How long the peer may take to answer our handshake. */
  readonly patience: Duration.Duration
  /** Ends when one more dial may begin: for whoever calls a second time. */
  readonly pace: Effect.Effect<void>
  /** Told whenever more is known of how the peer is approached. */
  readonly tell: (approach: Approach) => void
}

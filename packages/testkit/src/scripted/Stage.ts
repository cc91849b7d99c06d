/** What a script is played with, and who is told what happens. */
import type { PeerMessage } from "@unchoke/protocol"
import type { Effect } from "effect"
import type { Content } from "../Content.ts"

/** What a peer was asked for: tests count it. */
export interface Served {
  readonly piece: number
  readonly begin: number
}

/** What a script is played with. */
export interface Stage {
  readonly content: Content
  /** 20 bytes; what it says it is. */
  readonly peerId: Uint8Array
  /** Told of each block that is sent. */
  readonly served?: (block: Served) => void
  /** Told of each extended message that is sent to it (BEP 10). */
  readonly told?: (message: PeerMessage.Of<"Extended">) => void
  /** Told of each part of the description that is answered, whatever the answer is. */
  readonly described?: (part: number) => void
  /** Breaks the connection off; where it is not given, `Reset` closes it. */
  readonly reset?: Effect.Effect<void>
}

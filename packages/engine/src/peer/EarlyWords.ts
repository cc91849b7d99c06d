/**
 * What a peer says of its pieces before we know how many there are: it is kept, and counts when we do.
 *
 * Invariant: what is kept is bounded by how much a peer may say (`Talk`), and nothing of it is borrowed.
 */
import { MetadataMessage, type PeerMessage } from "@unchoke/protocol"

/** No description tells of more: a hash has 20 bytes. */
export const mostPieces = Math.floor(MetadataMessage.longest / 20)

export class EarlyWords {
  #words: Array<PeerMessage.PeerMessage> = []

  get words(): ReadonlyArray<PeerMessage.PeerMessage> {
    return this.#words
  }

  /** Keeps the message, if it is one about pieces. */
  keep(message: PeerMessage.PeerMessage): boolean {
    switch (message._tag) {
      // It says anew what there is.
      case "Bitfield":
        this.#words = [{ ...message, bits: message.bits.slice() }]
        return true
      case "HaveAll":
      case "HaveNone":
        this.#words = [message]
        return true
      case "Have":
        this.#words.push(message)
        return true
      default:
        return false
    }
  }
}

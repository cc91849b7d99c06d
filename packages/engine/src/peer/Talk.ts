/**
 * How much a peer may say beside the blocks that we want. Deadlines bound how long it keeps us waiting; this bounds what it makes us read and do meanwhile.
 *
 * Invariant: between two blocks that we had a use for it says at most so many messages and so many bytes; in the long run at most `messagesPerBlock` and four times its bytes for
 * each of them.
 */
import { Bitfield, Geometry, type PeerMessage } from "@unchoke/protocol"

/** More messages without a useful block than this no honest peer has: a few for each piece, and some thousand to talk and to reject. */
const mostMessages = (pieces: number): number => 10_000 + 4 * pieces

/** Nor more bytes: a window of blocks that came twice or too late, and a few bitfields and `have` messages. */
const mostBytes = (pieces: number): number => 512 * Geometry.blockSize + 16 * pieces

/** A useful block makes up for so many messages. */
const messagesPerBlock = 256

export class Talk {
  #pieces: number
  #messages = 0
  #bytes = 0

  constructor(pieces: number) {
    this.#pieces = pieces
  }

  /** Now it is known how many pieces there are. */
  describe(pieces: number): void {
    this.#pieces = pieces
  }

  /** Counts a message that brought nothing. Says what was too much, if it was. */
  hear(message: PeerMessage.PeerMessage): string | undefined {
    this.#bytes += this.#weight(message)
    if (++this.#messages > mostMessages(this.#pieces)) return `${mostMessages(this.#pieces)} messages`
    return this.#bytes > mostBytes(this.#pieces) ? `${mostBytes(this.#pieces)} bytes` : undefined
  }

  /** So many messages are counted elsewhere: what a peer asks us for. */
  excuse(messages: number): void {
    this.#messages = Math.max(0, this.#messages - messages)
  }

  /** So many blocks came that we had a use for, or parts of a description, which are as long. */
  forgive(blocks: number): void {
    this.#messages = Math.max(0, this.#messages - messagesPerBlock * blocks)
    this.#bytes = Math.max(0, this.#bytes - 4 * Geometry.blockSize * blocks)
  }

  /** Bytes that were read, or written because of it: `have_all` is one byte, and a new bitfield. */
  #weight(message: PeerMessage.PeerMessage): number {
    switch (message._tag) {
      case "Piece":
        return message.block.length
      case "Bitfield":
      case "HaveAll":
      case "HaveNone":
        return Bitfield.byteLength(this.#pieces)
      case "Extended":
      case "Unknown":
        return message.payload.length
      default:
        return 0
    }
  }
}

/**
 * A piece on its way: some of its blocks are here, some are asked for, some are neither.
 *
 * Invariants: a block that is here has a sender, and the other way round; it is copied in once; at most `mostAskers` are asked for a block at a time.
 */
import { Geometry } from "@unchoke/protocol"

/** One connection of a peer, from when it joins the plan until it leaves. */
export interface Asker {
  /** Which peer it is, whatever the connection: its address. */
  readonly peer: string
  /** Whether it can give us the piece. */
  readonly has: (piece: number) => boolean
  /** Whether it has every piece. */
  readonly complete: boolean
  /** The piece that it would like best of those that are `free`, where it has a preference: who is asked for ranges wants what comes next. */
  readonly prefers?: ((isFree: (piece: number) => boolean) => number | undefined) | undefined
}

/** An asker with what it has been asked for, in the eyes of those who have nothing to ask for. */
export interface Debtor extends Asker {
  /** Whether it has given something, and does not keep us waiting now. */
  readonly isGiving: boolean
  /** Whether it may be counted on to take what it is left: it gives, or has not had the time to, and does not refuse. */
  readonly isWilling: boolean
  /** Bytes a second that it gives; a guess while that is not known. */
  readonly rate: number
  /** Whether a piece alone would take it long. */
  readonly isSlow: boolean
  /** In how many seconds all that it has been asked for will be here, as it gives now: 0 while that is not known. */
  readonly busyFor: number
  /** The same by a guess while that is not known. */
  readonly busyForAbout: number
  /** In how many seconds a further block would be here. */
  readonly nextIn: number
  /** Whether it owes us something and has given nothing for long. */
  readonly isStalled: boolean
  /** Whether it owes us something and has given nothing for a moment. */
  readonly isHesitant: boolean
  /** Whether it has refused a block and sent none since. */
  readonly refusing: boolean
  /** What it has been asked for and has not sent, the latest first. */
  readonly owed: () => Iterable<Owed>
  /** Whether it is asked for this block, or was relieved of it. */
  readonly isAskedFor: (owed: Owed) => boolean
  /** It need not send this block: somebody else has, or will. */
  readonly relieve: (owed: Owed) => void
  /** It need not send anything else before what readers need next: that is anybody's again. */
  readonly makeWay: (isNext: (piece: number) => boolean) => void
  /** It need not send anything of this piece: it will be fetched anew. */
  readonly abandon: (filling: Filling) => void
}

/** A block that was asked for. */
export interface Owed {
  readonly filling: Filling
  readonly block: number
}

/** A slow one, and whoever has nothing else to do. */
export const mostAskers = 2

export class Filling {
  readonly piece: number
  /** Holds the piece, and may be longer. */
  readonly buffer: Uint8Array
  /** Who sent each block, where it is here. Whether they are still with us does not matter: they are answerable for it. */
  readonly senders: Array<string | undefined>
  /** Who asks for its blocks, where somebody does. */
  asker: Debtor | undefined
  /** How many are asked for each block at this moment. */
  readonly #asked: Uint8Array
  readonly #size: number
  #left: number
  /** Blocks from here on were never asked for. */
  #unasked = 0
  readonly #givenUp: Array<number> = []

  constructor(geometry: Geometry.Geometry, piece: number, buffer: Uint8Array) {
    this.piece = piece
    this.buffer = buffer
    this.#size = Geometry.pieceSize(geometry, piece)
    this.#left = Geometry.blocksIn(geometry, piece)
    this.senders = Array.from({ length: this.#left })
    this.#asked = new Uint8Array(this.#left)
  }

  get blocks(): number {
    return this.senders.length
  }

  /** Whether every block is here. */
  get isFull(): boolean {
    return this.#left === 0
  }

  /** Whether there are blocks that nobody is asked for: never yet, or whose asking was given up. */
  get hasFree(): boolean {
    return this.#givenUp.length > 0 || this.#unasked < this.blocks
  }

  /** How many blocks are here. */
  get here(): number {
    return this.blocks - this.#left
  }

  has(block: number): boolean {
    return this.senders[block] !== undefined
  }

  /** Whether blocks of others than this peer are here. */
  isMixedWith(peer: string): boolean {
    return this.senders.some((sender) => sender !== undefined && sender !== peer)
  }

  /** The next block that nobody has been asked for, or whose asking was given up. */
  nextBlock(): number | undefined {
    while (this.#givenUp.length > 0) {
      const block = this.#givenUp.pop()!
      if (!this.has(block)) return block
    }
    while (this.#unasked < this.blocks) {
      const block = this.#unasked++
      if (!this.has(block)) return block
    }
    return undefined
  }

  /** How many are asked for a block at this moment. */
  askersOf(block: number): number {
    return this.#asked[block]!
  }

  /** Whether anybody is asked for any of its blocks. */
  get isAsked(): boolean {
    return this.#asked.some((askers) => askers > 0)
  }

  /** Somebody is asked for a block. */
  ask(block: number): void {
    this.#asked[block]!++
  }

  /** Somebody who was asked for a block has sent it, or is not asked for it any more. */
  settle(block: number): void {
    this.#asked[block]!--
  }

  /** Whoever was asked for this block will not send it after all: it is anybody's, unless somebody else is asked for it too. */
  giveUp(block: number): void {
    this.settle(block)
    if (this.askersOf(block) === 0) this.#givenUp.push(block)
  }

  /** The place of a block in the buffer. */
  bytesOf(block: number): Uint8Array {
    const start = block * Geometry.blockSize
    return this.buffer.subarray(start, Math.min(start + Geometry.blockSize, this.#size))
  }

  /** Copies a block in, unless it is here. */
  put(block: number, bytes: Uint8Array, sender: string): boolean {
    if (this.has(block)) return false
    this.buffer.set(bytes, block * Geometry.blockSize)
    this.senders[block] = sender
    this.#left--
    return true
  }

  /** A block that is here counts no more. */
  discard(block: number): void {
    if (!this.has(block)) return
    this.senders[block] = undefined
    this.#left++
    this.#givenUp.push(block)
  }
}

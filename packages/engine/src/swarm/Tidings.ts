/**
 * What a member is to be told of us beside blocks and answers: the pieces that we have got, what we say of ourselves, and that we are still here. Times are milliseconds, by a stopwatch.
 *
 * Invariants: each is told once; no piece is told to whom has it by then; a `keep-alive` goes out only where nothing else does.
 */
import type { Bitfield, PeerMessage } from "@unchoke/protocol"
import { Duration } from "effect"
import { keepAliveAfter } from "../peer/Link.ts"

/** What it has not been told for so long is told at the next look. */
const havesWait = 500

export class Tidings {
  #pieces: Array<number> = []
  #since = Infinity
  /** What is to be said anew of ourselves. */
  #news: ReadonlyArray<PeerMessage.PeerMessage> = []
  #lastSent: number
  #isSilent = false

  constructor(now: number) {
    this.#lastSent = now
  }

  /** We have a piece. */
  got(piece: number, now: number): void {
    if (this.#pieces.length === 0) this.#since = now
    this.#pieces.push(piece)
  }

  /** Whether we have pieces of which it has not been told. */
  get any(): boolean {
    return this.#pieces.length > 0
  }

  /** What we say of ourselves is something else now. */
  announce(news: ReadonlyArray<PeerMessage.PeerMessage>): void {
    this.#news = news
  }

  /** Whether it is time to say something. To be asked twice a second. */
  areDue(now: number): boolean {
    this.#isSilent = now - this.#lastSent >= Duration.toMillis(keepAliveAfter)
    return this.#isSilent || now - this.#since >= havesWait
  }

  /** What is to be said, to a peer that has these pieces. */
  take(has: Bitfield.Bitfield): Array<PeerMessage.PeerMessage> {
    const words = [...this.#news]
    this.#news = []
    for (const piece of this.#pieces) if (!has.has(piece)) words.push({ _tag: "Have", piece })
    this.#pieces = []
    this.#since = Infinity
    return words
  }

  /** All that is to be said now is among these words: adds that we are here, where nothing else says so. */
  close(words: Array<PeerMessage.PeerMessage>, now: number): void {
    if (this.#isSilent && words.length === 0) words.push({ _tag: "KeepAlive" })
    this.#isSilent = false
    if (words.length > 0) this.#lastSent = now
  }
}

/**
 * What both sides of a link let each other do: what the peer has told us is folded by the link; this is what we have told the peer, and what follows from both.
 *
 * Invariants: a standing is derived, never stored; what is to be told is told once, in the order choke, interest; a peer is told that we are interested exactly while it has something that
 * we lack.
 */
import type { PeerMessage } from "@unchoke/protocol"
import { Schema } from "effect"
import type { Link } from "./Link.ts"

/** `idle`: it has nothing that we need now. `parked`: it has something, knows that we are interested, and chokes us. `supplying`: it lets us ask. */
export const Standing = Schema.Literals(["idle", "parked", "supplying"])
/** What a peer does for us now. */
export type Standing = typeof Standing.Type

export class Terms {
  readonly #link: Link
  /** How many pieces it has that we lack. */
  #useful = 0
  #weChoke = true
  #toldChoke = true
  #toldInterest: boolean

  /** `interested`: it has been told so in its probe. */
  constructor(link: Link, interested: boolean) {
    this.#link = link
    this.#toldInterest = interested
  }

  get standing(): Standing {
    if (this.#useful === 0) return "idle"
    return this.#link.state().choking ? "parked" : "supplying"
  }

  /** How many pieces it has that we lack. */
  get useful(): number {
    return this.#useful
  }

  /** Whether we serve it. */
  get serving(): boolean {
    return !this.#weChoke
  }

  /** Whether it wants something from us. */
  get wants(): boolean {
    return this.#link.state().interested
  }

  /** It has so many more pieces that we lack, or fewer. */
  gained(pieces: number): void {
    this.#useful += pieces
  }

  /** Counts anew how many pieces it has that we lack. */
  count(lacks: (piece: number) => boolean): void {
    const { pieces } = this.#link.state()
    this.#useful = 0
    if (pieces.count === 0) return
    for (let piece = 0; piece < pieces.size; piece++) if (pieces.has(piece) && lacks(piece)) this.#useful++
  }

  serve(serving: boolean): void {
    this.#weChoke = !serving
  }

  /** Whether it has to be told something. */
  get isDue(): boolean {
    return this.#weChoke !== this.#toldChoke || this.#useful > 0 !== this.#toldInterest
  }

  /** Adds to `words` what it has to be told. */
  tell(words: Array<PeerMessage.PeerMessage>): void {
    if (this.#weChoke !== this.#toldChoke) {
      this.#toldChoke = this.#weChoke
      words.push({ _tag: this.#weChoke ? "Choke" : "Unchoke" })
    }
    if (this.#useful > 0 !== this.#toldInterest) {
      this.#toldInterest = this.#useful > 0
      words.push({ _tag: this.#toldInterest ? "Interested" : "NotInterested" })
    }
  }
}

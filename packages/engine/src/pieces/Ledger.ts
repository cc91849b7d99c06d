/**
 * What has become of each piece, and what that comes to.
 *
 * Invariants: a piece is missing, in flight, filled, or stored; it goes from one to the next, and from the second and third back to the first; `present` has exactly those that are stored, and
 * `availability` ranks exactly those that are wanted and missing. What is counted is what the pieces' states come to.
 */
import type { Bitfield } from "@unchoke/protocol"
import { Geometry } from "@unchoke/protocol"
import { Availability, type Copies } from "./Availability.ts"
import type * as Wishes from "./Wishes.ts"

const missing = 0
const inFlight = 1
const filled = 2
const stored = 3

export class Ledger {
  readonly geometry: Geometry.Geometry
  /** What is verified and on the disk; not to be changed by others. */
  readonly present: Bitfield.Bitfield
  /** How many of the peers that we are connected to have each of the pieces that are wanted and missing. */
  readonly availability: Availability
  readonly #wishes: Wishes.Wishes
  readonly #state: Uint8Array
  /** No piece below this one is wanted and missing. */
  #lowest = 0
  /** How many pieces are wanted and not stored. */
  #wanted = 0
  /** How many pieces count, how many bytes they are, how many of them are stored, and how many of the bytes are not. */
  #counted = 0
  #bytes = 0
  #here = 0
  #left = 0
  #fetched = 0
  #unverified = 0

  /** `present` is on the disk already; from now on it is the ledger's. `seed`: 32 random bits. */
  constructor(geometry: Geometry.Geometry, present: Bitfield.Bitfield, wishes: Wishes.Wishes, seed: number) {
    this.geometry = geometry
    this.present = present
    this.#wishes = wishes
    this.availability = new Availability(geometry.pieces, seed)
    this.#state = new Uint8Array(geometry.pieces).fill(stored)
    for (let piece = 0; piece < geometry.pieces; piece++) {
      if (wishes.wants(piece) && !present.has(piece)) this.#wanted++
      else this.availability.remove(piece)
      const counts = wishes.counts(piece)
      const size = Geometry.pieceSize(geometry, piece)
      if (counts) {
        this.#counted++
        this.#bytes += size
      }
      if (present.has(piece)) {
        if (counts) this.#here++
        continue
      }
      this.#state[piece] = missing
      if (counts) this.#left += size
    }
  }

  /** How many bytes were fetched and stored. */
  get fetched(): number {
    return this.#fetched
  }

  /** How many bytes of the pieces that count are not stored yet. */
  get left(): number {
    return this.#left
  }

  /** How many pieces count (`Wishes`), how many bytes they are, and how many of them are stored. */
  get extent(): { readonly pieces: number; readonly bytes: number; readonly stored: number } {
    return { pieces: this.#counted, bytes: this.#bytes, stored: this.#here }
  }

  /** How many blocks lie in filled pieces. */
  get unverified(): number {
    return this.#unverified
  }

  /** Whether all that is wanted is stored. */
  get complete(): boolean {
    return this.#wanted === 0
  }

  /** How many copies of what counts there are, ours and those of whom we know. Looks at every piece. */
  get copies(): Copies {
    return this.availability.copies((piece) => this.isStored(piece), this.#wishes.counts)
  }

  isMissing(piece: number): boolean {
    return this.#state[piece] === missing
  }

  isFilled(piece: number): boolean {
    return this.#state[piece] === filled
  }

  isStored(piece: number): boolean {
    return this.#state[piece] === stored
  }

  /** Whether a piece is wanted, and not stored yet. */
  lacks(piece: number): boolean {
    return this.#state[piece] !== stored && this.#wishes.wants(piece)
  }

  /** Whether a piece is wanted, and nobody was asked for it. */
  isFree(piece: number): boolean {
    return this.#state[piece] === missing && this.#wishes.wants(piece)
  }

  /** The first piece of those that are free for which `may` holds. */
  lowest(may: (piece: number) => boolean): number | undefined {
    while (this.#lowest < this.geometry.pieces && !this.isFree(this.#lowest)) this.#lowest++
    for (let piece = this.#lowest; piece < this.geometry.pieces; piece++) {
      if (this.isFree(piece) && may(piece)) return piece
    }
    return undefined
  }

  /** A missing piece is on its way. */
  begin(piece: number): void {
    this.#state[piece] = inFlight
    this.availability.remove(piece)
  }

  /** All blocks of a piece that was on its way are here. */
  fill(piece: number): void {
    this.#state[piece] = filled
    this.#unverified += Geometry.blocksIn(this.geometry, piece)
  }

  /** A piece that was on its way, or filled, is missing again. */
  giveBack(piece: number): void {
    if (this.#state[piece] === filled) this.#unverified -= Geometry.blocksIn(this.geometry, piece)
    this.#state[piece] = missing
    this.#lowest = Math.min(this.#lowest, piece)
    if (this.#wishes.wants(piece)) this.availability.restore(piece)
  }

  /** A filled piece is verified and written. */
  store(piece: number): void {
    this.#state[piece] = stored
    this.#unverified -= Geometry.blocksIn(this.geometry, piece)
    this.present.add(piece)
    if (this.#wishes.wants(piece)) this.#wanted--
    const size = Geometry.pieceSize(this.geometry, piece)
    this.#fetched += size
    if (!this.#wishes.counts(piece)) return
    this.#left -= size
    this.#here++
  }
}

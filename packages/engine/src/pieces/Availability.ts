/**
 * How many of our links have each piece, and the wanted pieces in the order of that number: the rarest first.
 *
 * The order is one permutation of all pieces, cut into buckets of equally rare ones; one piece more or less somewhere is one swap to the edge of its bucket. A link that has everything
 * is counted once and not in every piece.
 *
 * Invariants: the wanted pieces stand before all others and are sorted by `#counts`; bucket `n` ends at `#ends[n]`, and the last bucket where the wanted pieces end; a holding counts for what it
 * has once, however often it says so, and for nothing after it has left.
 */
import type { Bitfield } from "@unchoke/protocol"
import { randomBelow } from "./randomBelow.ts"

/** Which pieces we have and whom we know have between us. */
export interface Copies {
  /** The rarest piece counts, and the share of those that there are more of is the fraction. */
  readonly copies: number
  /** How many pieces nobody has. */
  readonly lacking: number
  /** The first of them. */
  readonly pieces: ReadonlyArray<number>
}

/** Which pieces somebody has. */
export interface Having {
  /** Whether that may be a piece that no link with a part has. */
  readonly complete: boolean
  readonly has: (piece: number) => boolean
}

/** So many of the pieces that nobody has are named. */
const mostNamed = 16

const always = () => true

export class Availability {
  readonly pieces: number
  readonly #random: (below: number) => number
  /** How many of the links that have a part have each piece: at most 65 535 of them. */
  readonly #counts: Uint16Array
  readonly #order: Uint32Array
  /** Where in the order each piece stands. */
  readonly #places: Uint32Array
  readonly #ends: Array<number>
  #wanted: number
  #complete = 0
  #partial = 0

  /** Every piece is wanted until it is removed. The same `seed` (32 bits) makes the same choices. */
  constructor(pieces: number, seed: number) {
    this.pieces = pieces
    this.#random = randomBelow(seed)
    this.#counts = new Uint16Array(pieces)
    this.#order = Uint32Array.from({ length: pieces }, (_, piece) => piece)
    this.#places = this.#order.slice()
    this.#ends = [pieces]
    this.#wanted = pieces
  }

  /** How many pieces are wanted. */
  get wanted(): number {
    return this.#wanted
  }

  /** Whether every link has everything: then all pieces are equally rare, and the lowest are as good as any. */
  get everybodyHasEverything(): boolean {
    return this.#partial === 0
  }

  /** A link whose peer has these pieces; `pieces` is not looked at again. */
  join(pieces: Bitfield.Bitfield): Holding {
    return new Holding(this.#tally, pieces)
  }

  /** How many of the links have the piece. */
  count(piece: number): number {
    return this.#complete + (this.#counts[piece] ?? 0)
  }

  /** How many of the links that have a part have the piece. */
  countInParts(piece: number): number {
    return this.#counts[piece] ?? 0
  }

  /** Whether the piece is wanted. */
  wants(piece: number): boolean {
    return piece >= 0 && piece < this.pieces && this.#places[piece]! < this.#wanted
  }

  /** The piece is not wanted (any more): it is here, or on its way, or nobody asked for it. */
  remove(piece: number): void {
    if (!this.wants(piece)) return
    for (let bucket = this.#counts[piece]!; bucket < this.#ends.length; bucket++)
      this.#swap(piece, --this.#ends[bucket]!)
    this.#wanted--
  }

  /** The piece is wanted (again). */
  restore(piece: number): void {
    if (piece < 0 || piece >= this.pieces || this.wants(piece)) return
    const count = this.#counts[piece]!
    while (this.#ends.length <= count) this.#ends.push(this.#wanted)
    for (let bucket = this.#ends.length - 1; bucket >= count; bucket--) this.#swap(piece, this.#ends[bucket]!++)
    this.#wanted++
  }

  /** The rarest wanted piece that it has and that `may` be taken; ties at random. */
  rarest(of: Having, may: (piece: number) => boolean = always): number | undefined {
    // What no link with a part has, none of them needs to be asked about.
    for (let bucket = of.complete ? 0 : 1; bucket < this.#ends.length; bucket++) {
      const piece = this.#anyOf(bucket === 0 ? 0 : this.#ends[bucket - 1]!, this.#ends[bucket]!, of, may)
      if (piece !== undefined) return piece
    }
    return undefined
  }

  /** Any wanted piece that it has and that `may` be taken. */
  random(of: Having, may: (piece: number) => boolean = always): number | undefined {
    return this.#anyOf(of.complete ? 0 : this.#ends[0]!, this.#wanted, of, may)
  }

  /** How many copies there are of the pieces that count: those of the links, and ours, which has the pieces that are `mine`. Looks at every piece. */
  copies(mine: (piece: number) => boolean, counts: (piece: number) => boolean = always): Copies {
    let fewest = Infinity
    let more = 0
    let looked = 0
    let lacking = 0
    const named: Array<number> = []
    for (let piece = 0; piece < this.pieces; piece++) {
      if (!counts(piece)) continue
      const copies = this.#complete + this.#counts[piece]! + (mine(piece) ? 1 : 0)
      if (copies === 0 && ++lacking <= mostNamed) named.push(piece)
      if (copies > fewest) more++
      else if (copies < fewest) {
        more = looked
        fewest = copies
      }
      looked++
    }
    return { copies: looked === 0 ? 0 : fewest + more / looked, lacking, pieces: named }
  }

  /** How many of the links have the rarest piece of each stretch, of at most `most` that are equally long. Looks at every piece. */
  fewestInStretches(most: number): ReadonlyArray<number> {
    const length = Math.ceil(this.pieces / most)
    const fewest = Array.from({ length: Math.ceil(this.pieces / Math.max(1, length)) }, () => Infinity)
    for (let piece = 0; piece < this.pieces; piece++) {
      const stretch = Math.floor(piece / length)
      fewest[stretch] = Math.min(fewest[stretch]!, this.count(piece))
    }
    return fewest
  }

  /** The first that fits from a random place of the order on, round to where it began. */
  #anyOf(start: number, end: number, of: Having, may: (piece: number) => boolean): number | undefined {
    if (start === end) return undefined
    const first = start + this.#random(end - start)
    for (let at = first; at < end; at++) {
      const piece = this.#order[at]!
      if (of.has(piece) && may(piece)) return piece
    }
    for (let at = start; at < first; at++) {
      const piece = this.#order[at]!
      if (of.has(piece) && may(piece)) return piece
    }
    return undefined
  }

  readonly #tally: Tally = {
    joined: (complete) => {
      if (complete) this.#complete++
      else this.#partial++
    },
    left: (complete) => {
      if (complete) this.#complete--
      else this.#partial--
    },
    raise: (piece) => {
      const count = this.#counts[piece]!++
      if (!this.wants(piece)) return
      if (count + 1 === this.#ends.length) this.#ends.push(this.#wanted)
      this.#swap(piece, --this.#ends[count]!)
    },
    lower: (piece) => {
      const count = --this.#counts[piece]!
      if (this.wants(piece)) this.#swap(piece, this.#ends[count]!++)
    },
  }

  /** Puts the piece at this place of the order, and what stood there in its own. */
  #swap(piece: number, place: number): void {
    const other = this.#order[place]!
    const from = this.#places[piece]!
    this.#order[from] = other
    this.#places[other] = from
    this.#order[place] = piece
    this.#places[piece] = place
  }
}

/** What holdings do to the numbers. */
interface Tally {
  readonly joined: (complete: boolean) => void
  readonly left: (complete: boolean) => void
  /** One link more has the piece. */
  readonly raise: (piece: number) => void
  /** One link less has it. */
  readonly lower: (piece: number) => void
}

/**
 * What one link's peer has, as it was counted. It keeps a set of its own (one bit a piece, nothing where the peer has everything), so a peer that says the same twice, or changes its mind, cannot
 * make the numbers wrong.
 */
export class Holding {
  readonly #tally: Tally
  /** `undefined` where it has everything, or has left. */
  #pieces: Bitfield.Bitfield | undefined
  #left = false

  constructor(tally: Tally, pieces: Bitfield.Bitfield) {
    this.#tally = tally
    this.#take(pieces)
  }

  /** Whether its peer has every piece. */
  get complete(): boolean {
    return this.#pieces === undefined && !this.#left
  }

  /** Whether its peer has the piece (which must be one of the torrent's). */
  has(piece: number): boolean {
    return this.#pieces === undefined ? !this.#left : this.#pieces.has(piece)
  }

  /** Its peer has the piece, too. */
  have(piece: number): void {
    const pieces = this.#pieces
    if (pieces === undefined || piece < 0 || piece >= pieces.size || pieces.has(piece)) return
    pieces.add(piece)
    this.#tally.raise(piece)
    if (pieces.complete) this.replace(pieces)
  }

  /** Its peer has these pieces, and no others: it said so anew. */
  replace(pieces: Bitfield.Bitfield): void {
    if (this.#left) return
    this.#giveUp()
    this.#take(pieces)
  }

  /** The link is gone. */
  leave(): void {
    if (this.#left) return
    this.#giveUp()
    this.#left = true
  }

  #take(pieces: Bitfield.Bitfield): void {
    this.#pieces = pieces.complete ? undefined : pieces.copy()
    this.#tally.joined(pieces.complete)
    if (pieces.complete) return
    for (let piece = 0; piece < pieces.size; piece++) if (pieces.has(piece)) this.#tally.raise(piece)
  }

  #giveUp(): void {
    const pieces = this.#pieces
    this.#pieces = undefined
    this.#tally.left(pieces === undefined)
    if (pieces === undefined) return
    for (let piece = 0; piece < pieces.size; piece++) if (pieces.has(piece)) this.#tally.lower(piece)
  }
}

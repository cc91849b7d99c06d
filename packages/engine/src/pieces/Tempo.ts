/** How fast a peer gives, as far as one can tell: by its rate of late, by how long it has kept us waiting, by a guess while neither is known. */
import { Geometry } from "@unchoke/protocol"

/** What is known of a peer. */
export interface Signs {
  /** Bytes a second that it gives of late; `undefined` while that is not known. */
  readonly rate: () => number | undefined
  /** The same, less sure: as soon as there is anything to go by. */
  readonly early: () => number | undefined
  /** For how many seconds it has owed us something and given nothing. */
  readonly waited: () => number
}

/** A peer that would take longer for a piece, in seconds, begins none while others are begun: it takes a share of them. */
const longForOne = 10

/** Bytes a second that a peer is taken to give of which we know nothing better. */
const assumedRate = 32_768

/** The same where it is about how much it may be trusted with. */
const hopedRate = 4 << 20

/** Seconds that a block takes of a peer that has given none of late, before one has waited for it as long. */
const slowestPace = 4

/** Seconds. Of what it has kept us waiting so much may be our own: a machine that has much to do does not look at its sockets for a tenth of a second. */
const ourOwn = 0.25

/** Who owes us something and has given nothing for so many seconds is not about to. */
const stalledAfter = 4

/** Who has given nothing for so many seconds may give nothing at all: a block of who is far away takes a fraction of that. */
const hesitatesAfter = 1

/** Seconds that a peer is kept busy for while a reader waits: more than a round trip. */
const haste = 0.5

/** The same in blocks, at the least. */
const fewestInHaste = 4

export class Tempo {
  readonly #signs: Signs
  readonly #pieceLength: number

  constructor(signs: Signs, { pieceLength }: Geometry.Geometry) {
    this.#signs = signs
    this.#pieceLength = pieceLength
  }

  /** Whether a piece alone would take it long. */
  get isSlow(): boolean {
    const rate = this.#signs.rate()
    return rate !== undefined && rate * longForOne < this.#pieceLength
  }

  /** Whether it keeps us waiting for what it owes. */
  get isLate(): boolean {
    return this.#signs.waited() >= stalledAfter
  }

  /** Whether that begins to look as if it would. */
  get isHesitant(): boolean {
    return this.#signs.waited() >= hesitatesAfter
  }

  /** In how many seconds what it owes will be here: 0 while that is not known. */
  secondsFor(owed: number): number {
    return owed === 0 || this.#signs.rate() === undefined ? 0 : owed * this.#pace(owed)
  }

  /** The same by a guess while it is not known. */
  secondsAbout(owed: number): number {
    return this.#signs.rate() === undefined ? (owed * Geometry.blockSize) / hopedRate : this.secondsFor(owed)
  }

  /** In how many seconds a block would be here that is asked for behind those that it owes. */
  secondsBehind(owed: number): number {
    return (owed + 1) * this.#pace(owed)
  }

  /** So many blocks are enough to be asked for while a reader waits. */
  get blocksInHaste(): number {
    const rate = this.known
    return rate === undefined ? Infinity : Math.max(fewestInHaste, Math.ceil((rate * haste) / Geometry.blockSize))
  }

  /** Bytes a second, where there is anything to go by. */
  get known(): number | undefined {
    return this.#signs.rate() ?? this.#signs.early()
  }

  /** Bytes a second, by a guess while that is not known. */
  rate(owed: number): number {
    return Geometry.blockSize / this.#pace(owed)
  }

  /** In how many seconds it gives a block. */
  #pace(owed: number): number {
    const rate = this.known ?? assumedRate
    const waited = owed > 0 ? this.#signs.waited() - ourOwn : 0
    return Math.max(Math.min(Geometry.blockSize / rate, slowestPace), waited)
  }
}

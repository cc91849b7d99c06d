/**
 * Who may claim pieces at this moment, and how the load is spread among them.
 *
 * Invariants: only who has joined and not left is here; at most `mostAskers` are asked for a block; a buffer that is scarce goes to who has little to do.
 */
import { Geometry } from "@unchoke/protocol"
import { type Debtor, type Filling, mostAskers, type Owed } from "./Filling.ts"

/** Who is so many times slower than we would be has not begun to send a block: another one is asked for it. */
const timesSlower = 2

/** Seconds. What will be here so soon is not worth asking for twice. */
const soon = 0.1

/**
 * Seconds. A peer that is kept busy for so long by what it owes us leaves to others what they have begun, and buffers, while these are scarce, to those who have less to do: all of
 * them together would be asked for more than there is room for, and the first to come would have it all.
 */
export const busyEnough = 0.25

export class Askers {
  readonly #here = new Set<Debtor>()
  /** Who found something to fetch and no buffer for it, and has got none since. */
  readonly #hungry = new Set<Debtor>()

  join(asker: Debtor): void {
    this.#here.add(asker)
  }

  leave(asker: Debtor): void {
    this.#here.delete(asker)
    this.#hungry.delete(asker)
  }

  has(asker: Debtor): boolean {
    return this.#here.has(asker)
  }

  [Symbol.iterator](): Iterator<Debtor> {
    return this.#here.values()
  }

  /** Whether nobody besides this asker is here. */
  isAlone(asker: Debtor): boolean {
    return this.#here.size === 1 && this.#here.has(asker)
  }

  /** Whether anybody gives us something. */
  get anyGives(): boolean {
    for (const asker of this.#here) if (asker.isGiving) return true
    return false
  }

  /** Whether somebody besides this asker is here who has the piece. */
  isSomebodyElse(piece: number, asker: Pick<Debtor, "peer">): boolean {
    for (const other of this.#here) if (other !== asker && other.has(piece)) return true
    return false
  }

  /** It looks for something to fetch. */
  fed(asker: Debtor): void {
    this.#hungry.delete(asker)
  }

  /** It has found something, and no buffer. */
  starve(asker: Debtor): void {
    this.#hungry.add(asker)
  }

  /** Whether others have waited for a buffer with much less to do meanwhile. */
  canWait({ busyForAbout }: Debtor): boolean {
    if (busyForAbout <= busyEnough) return false
    for (const other of this.#hungry) if (other.busyForAbout * timesSlower < busyForAbout) return true
    return false
  }

  /**
   * Whether this asker had better leave a block of the `rank`th piece that a reader needs next to others: it would bring it later than all of them together bring that piece and those before it, give or take a block, or
   * than somebody who has nothing better to do.
   */
  isTardy(asker: Debtor, piece: number, rank: number, pieceLength: number): boolean {
    let { rate } = asker
    let soonest = Infinity
    let quickest = timeOfBlock(asker)
    let free = asker.nextIn - quickest
    for (const other of this.#here) {
      if (other === asker || !other.isWilling || !other.has(piece)) continue
      rate += other.rate
      soonest = Math.min(soonest, other.nextIn)
      quickest = Math.min(quickest, timeOfBlock(other))
      free = Math.min(free, other.nextIn - timeOfBlock(other))
    }
    const together = free + ((rank + 1) * pieceLength) / rate
    return asker.nextIn > soonest && asker.nextIn >= together + quickest
  }

  /** A block that somebody owes us and that `may` be asked of this one, who would bring it in less than half the time: the one that comes last. Where those who are asked for it give nothing, one of them is relieved of it. */
  relievedNext(asker: Debtor, may: (owed: Owed) => boolean): Owed | undefined {
    if (!this.#here.has(asker)) return undefined
    let last: { readonly other: Debtor; readonly owed: Owed } | undefined
    // Those who are alike owe a block more or less.
    let least = Math.max(timesSlower * asker.nextIn + timeOfBlock(asker) / 2, soon)
    for (const other of this.#here) {
      if (other === asker) continue
      let dueIn = isBetter(asker, other) ? Infinity : other.nextIn
      for (const owed of other.owed()) {
        dueIn -= timeOfBlock(other)
        if (dueIn <= least) break
        const { block, filling } = owed
        if (filling.has(block) || !asker.has(filling.piece) || asker.isAskedFor(owed) || !may(owed)) continue
        if (filling.askersOf(block) >= mostAskers && !other.isStalled) continue
        last = { other, owed }
        least = dueIn
        break
      }
    }
    if (last === undefined) return undefined
    const { block, filling } = last.owed
    if (filling.askersOf(block) >= mostAskers) last.other.relieve(last.owed)
    return filling.askersOf(block) >= mostAskers ? undefined : last.owed
  }

  /** Whether this asker, which has nothing to do, had better fetch anew what somebody else alone is to send (`Evidence`): that one will not, or has given nothing for a moment while this one gives. */
  mayTakeOver(filling: Filling, asker: Debtor): boolean {
    const holder = filling.asker
    if (holder === undefined || holder === asker || !asker.isWilling || !asker.has(filling.piece)) return false
    return !filling.isAsked || holder.isStalled || holder.refusing || isUnproven(holder, asker)
  }

  /** Somebody has sent a block: nobody else need. */
  relieveAll(owed: Owed): void {
    if (owed.filling.askersOf(owed.block) > 0) for (const asker of this.#here) asker.relieve(owed)
  }

  /**
   * A block that a slower peer owes us, of those that `may` be asked of this one: the one that would come last of all. Not when that peer is about to send it itself; before the end, only
   * what a stalled one owes, since what is sent twice is missed elsewhere. Where those who are asked for it give nothing, the first of them is relieved of it: they would hand it to each other for long.
   */
  relieved(asker: Debtor, isEnd: boolean, may: (owed: Owed) => boolean): Owed | undefined {
    if (!this.#here.has(asker)) return undefined
    const least = Math.max(timesSlower * asker.nextIn, soon)
    const slower: Array<{ readonly other: Debtor; readonly busyFor: number }> = []
    for (const other of this.#here) {
      // Of who has stalled before it gave anything no rate is known, but for how long it has kept us waiting.
      const busyFor = isUnproven(other, asker) ? Infinity : other.isStalled ? other.nextIn : other.busyFor
      if (other !== asker && busyFor > least && (isEnd || other.isStalled)) slower.push({ other, busyFor })
    }
    for (const { other } of slower.toSorted((a, b) => b.busyFor - a.busyFor)) {
      for (const owed of other.owed()) {
        const { block, filling } = owed
        if (filling.has(block) || !asker.has(filling.piece) || asker.isAskedFor(owed) || !may(owed)) continue
        if (filling.askersOf(block) >= mostAskers) {
          if (!other.isStalled && !isUnproven(other, asker)) continue
          other.relieve(owed)
          if (filling.askersOf(block) >= mostAskers) continue
        }
        return owed
      }
    }
    return undefined
  }
}

/** Who gives nothing now may never: who does is asked as well. */
const isBetter = (asker: Debtor, other: Debtor): boolean => asker.isGiving && !other.isGiving

/** The same where nobody is in a hurry: who was asked a moment ago is about to send it. */
const isUnproven = (other: Debtor, asker: Debtor): boolean => isBetter(asker, other) && other.isHesitant

/** In seconds. */
const timeOfBlock = ({ rate }: Debtor): number => Geometry.blockSize / rate

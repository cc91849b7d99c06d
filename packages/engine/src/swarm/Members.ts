/**
 * Who is in our swarm at this moment; and, in a race or a sequence, how many there should be and who is to go.
 *
 * Invariants: a member is here from its `join` until its `leave`; whoever has left is neither nudged nor counted. Who gives us something, wants something, or keeps us waiting is among the lively, and so is whoever was heard or
 * spoken to since it was looked at last; a thousand others cost a look every five seconds.
 */
import { Bytes, Duration, Equal, Latch } from "effect"
import { NetAddress } from "effect/net"
import type { Link } from "../peer/Link.ts"
import type { Deadlines } from "../peer/Deadlines.ts"
import { ChokeTimeout, IncompletePeer, type Rejection } from "../peer/errors.ts"
import { noticedAfter } from "../peer/Patience.ts"
import type { Neighbour } from "../sources/exchange/Exchange.ts"
import type { Member } from "./Member.ts"
import { neighbourOf } from "./neighbourOf.ts"

/** So many links at once at the most, while we look for somebody who gives. */
const mostBeside = 32

/** Whoever gives so many times less than the best is not worth its place. */
const timesSlower = 8

/** Who is at rest is looked at each time that it is its turn: one in so many. */
const restingTurns = 10

export class Members {
  readonly #here = new Map<string, Member>()
  readonly #lively = new Set<Member>()
  #turn = 0
  /** Open while anybody is here. */
  readonly company = Latch.makeUnsafe(false)

  join(member: Member): void {
    this.#here.set(member.name, member)
    this.#lively.add(member)
    this.company.openUnsafe()
  }

  leave(member: Member): void {
    this.#lively.delete(member)
    if (this.#here.get(member.name) === member) this.#here.delete(member.name)
    if (this.#here.size === 0) this.company.closeUnsafe()
  }

  /** It was heard, or spoken to. */
  stir(member: Member): void {
    if (this.#here.get(member.name) === member) this.#lively.add(member)
  }

  /** Nothing is to be looked after but that it is here. */
  rest(member: Member): void {
    this.#lively.delete(member)
  }

  /** Those of whom there may be news. */
  get lively(): Iterable<Member> {
    return this.#lively
  }

  /** Those who are to be looked at now. To be asked twice a second. */
  *due(): Generator<Member> {
    yield* this.#lively
    const turn = this.#turn++ % restingTurns
    let nth = 0
    for (const member of this.#here.values()) {
      if (nth++ % restingTurns === turn && !this.#lively.has(member)) yield member
    }
  }

  of(name: string): Member | undefined {
    return this.#here.get(name)
  }

  /** The same peer on another connection: it has the same id. */
  twinOf({ peerId }: Pick<Link, "peerId">): Member | undefined {
    for (const member of this.#here.values()) if (Bytes.Equivalence(member.link.peerId, peerId)) return member
    return undefined
  }

  /** Whether a peer is here that listens at this address. */
  isHere(peer: NetAddress.InetAddress): boolean {
    if (this.#here.has(NetAddress.formatInet(peer))) return true
    for (const { incoming, listens } of this.#here.values()) if (incoming && Equal.equals(listens, peer)) return true
    return false
  }

  /** Those of whom others may be told. */
  *neighbours(): Generator<Neighbour> {
    for (const member of this.#here.values()) {
      const neighbour = neighbourOf(member)
      if (neighbour !== undefined) yield neighbour
    }
  }

  /** Whether anybody lets us ask for what it has. */
  get anySupplies(): boolean {
    for (const { terms } of this.#lively) if (terms.standing === "supplying") return true
    return false
  }

  /** Whether anybody wants something of us. */
  get anyWants(): boolean {
    for (const { terms } of this.#lively) if (terms.wants) return true
    return false
  }

  get size(): number {
    return this.#here.size
  }

  [Symbol.iterator](): Iterator<Member> {
    return this.#here.values()
  }

  /** Whether somebody besides this one gives. */
  anyGivingBut(member: Member): boolean {
    for (const other of this.#here.values()) if (other !== member && other.drain.poorFor === 0) return true
    return false
  }

  /** A buffer has come back, or a piece was left: everybody may ask for more. */
  nudge(): void {
    for (const member of this.#here.values()) member.nudge()
  }

  /** Bytes a second that all of them give together, of late. */
  get rate(): number {
    let sum = 0
    for (const { drain } of this.#here.values()) sum += drain.rates.late
    return sum
  }

  /** Whether everybody who gives has done so for long enough that we know what to expect. */
  get areProven(): boolean {
    const { giving } = this.#byStanding()
    return giving.length > 0 && giving.every(({ drain }) => drain.isProven)
  }

  /** Those who are one too many when `links` are wanted, and give least, of those who are asked: what the others would give is not known. Where nobody gives anything, it is we who ask for nothing. */
  surplus(links: number): ReadonlyArray<Member> {
    const proven = [...this.#here.values()].filter(({ drain }) => drain.isProven && drain.idleFor === 0)
    if (proven.every(({ drain }) => drain.rates.late === 0)) return []
    return proven.toSorted((a, b) => b.drain.rates.late - a.drain.rates.late).slice(links)
  }

  /**
   * How many links there should be, when `links` are wanted: more while fewer than that give anything and others could be tried, twice as many each time, because a
   * list may begin with fifty peers who unchoke us and give nothing.
   */
  wanted(links: number, othersToTry: boolean): number {
    const { giving, idle, poor } = this.#byStanding()
    if (!othersToTry || giving.length >= links) return links
    return Math.max(links, Math.min(mostBeside, giving.length + 2 * (poor.length + idle.length)))
  }

  /**
   * Those who are to go, of those that have given next to nothing for `patience` milliseconds: all of whom somebody does far better who can be relied on (when there are `links` of
   * these), all when there is no place left for others, and the worst one when somebody has nothing to do because of what they hold.
   */
  outdone(links: number, patience: number, othersToTry: boolean): ReadonlyArray<Member> {
    const { giving, idle } = this.#byStanding()
    const poor = this.poorFor(patience)
    if (othersToTry && this.#here.size >= mostBeside) return poor
    const proven = giving.filter(({ drain }) => drain.isProven)
    const best = proven.reduce((most, { drain }) => Math.max(most, drain.rates.peak), 0)
    const slower = proven.length < links ? [] : poor.filter(({ drain }) => drain.rates.late * timesSlower < best)
    return slower.length > 0 || idle.length === 0 ? slower : poor.slice(0, 1)
  }

  /** Those that have given next to nothing for so many milliseconds, the worst first. */
  poorFor(patience: number): ReadonlyArray<Member> {
    return [...this.#here.values()]
      .filter(({ drain }) => drain.poorFor >= patience)
      .toSorted((a, b) => b.drain.poorFor - a.drain.poorFor)
  }

  /** What is to be said of those who are here and do not give us anything. */
  verdicts(deadlines: Deadlines, now: number): ReadonlyArray<Rejection> {
    return [...this.#here.values()].flatMap(({ about, pieces, since, terms }): ReadonlyArray<Rejection> => {
      switch (terms.standing) {
        case "idle":
          return [new IncompletePeer({ ...about, have: pieces.count, want: pieces.size })]
        case "parked":
          return [
            new ChokeTimeout({
              ...about,
              waited: Duration.min(deadlines.unchoke, Duration.millis(Math.round(now - since))),
            }),
          ]
        case "supplying":
          return []
      }
    })
  }

  /** Everybody who has something for us, when nothing is asked of any of them. */
  get idle(): ReadonlyArray<Member> {
    const idle: Array<Member> = []
    for (const member of this.#here.values()) {
      if (member.terms.useful === 0) continue
      if (member.drain.owes) return []
      idle.push(member)
    }
    return idle
  }

  #byStanding() {
    const {
      giving = [],
      idle = [],
      poor = [],
    } = Object.groupBy(this.#here.values(), ({ drain }) =>
      drain.poorFor > 0 ? "poor" : drain.idleFor >= noticedAfter ? "idle" : "giving",
    )
    return { giving, idle, poor }
  }
}

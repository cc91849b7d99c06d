/**
 * What a swarm tells of itself: who stands where, what came from whom and went to whom, how many copies there are.
 *
 * Invariants: of each member a standing is told when it has changed, and bytes once a second at most, and all of them by the time it has left; no member waits for its being told, and of each one standing at most is untold;
 * metrics count what has come and gone whether or not anybody takes the events.
 */
import { type Context, Effect } from "effect"
import type { DownloadEvent } from "../DownloadEvent.ts"
import { Counted } from "../observe/Counted.ts"
import * as Metrics from "../observe/Metrics.ts"
import type { Standing } from "../peer/Terms.ts"
import type { PiecePlan } from "../pieces/PiecePlan.ts"
import { CopiesTold } from "./CopiesTold.ts"
import type { Member } from "./Member.ts"
import type { Members } from "./Members.ts"

/** The time between two reports of bytes, in milliseconds. */
const reportEvery = 1000

/** And between two reports of how many pieces a member has: who fetches gains some every second. */
const hasEvery = 5000

export interface AccountOptions {
  readonly members: Members
  readonly plan: PiecePlan
  /** A stopwatch, in milliseconds. */
  readonly now: () => number
  readonly report: (event: DownloadEvent) => Effect.Effect<void>
  /** Tells something while its member goes on. */
  readonly aside: (telling: Effect.Effect<void>) => Effect.Effect<void>
  /** Of the run whose metrics count the bytes. */
  readonly context: Context.Context<never>
}

interface Told {
  /** Whether it had said which client it is, by the time it joined or since. */
  identified: boolean
  standing: Standing
  serving: boolean
  received: number
  sent: number
  /** Whether a standing waits to be taken. */
  telling: boolean
  readonly countedIn: Counted
  readonly countedOut: Counted
  has: number
  hasAt: number
}

type News = Array<Effect.Effect<void>>

export class Account {
  readonly #options: AccountOptions
  readonly #told = new WeakMap<Member, Told>()
  readonly #copies: CopiesTold
  #toldAt = -Infinity
  #sentByGone = 0

  constructor(options: AccountOptions) {
    this.#options = options
    this.#copies = new CopiesTold(options)
  }

  /** Bytes of pieces that were sent to all, whether or not they are still here. */
  get sent(): number {
    let sum = this.#sentByGone
    for (const { serve } of this.#options.members) sum += serve.sent
    return sum
  }

  /** Where a member stands, when that has changed: at once, or, while what was told of that before is not taken, when all else is told. */
  stood(member: Member): Effect.Effect<void> {
    return Effect.suspend(() => {
      const { aside, now } = this.#options
      const copies = member.pieces.complete ? this.#copies.completePeer(now()) : Effect.void
      const news = [copies]
      this.#stood(member, this.#of(member), news)
      return aside(together(news))
    })
  }

  #stood(member: Member, told: Told, news: News): void {
    const { serving, standing } = member.terms
    if (told.telling || (told.standing === standing && told.serving === serving)) return
    told.standing = standing
    told.serving = serving
    told.telling = true
    news.push(
      Effect.ensuring(
        this.#options.report({ _tag: "Standing", peer: member.peer, standing, serving }),
        Effect.sync(() => void (told.telling = false)),
      ),
    )
  }

  /** It is in no longer: what it was sent counts all the same, also where nobody is told any more. */
  gone(member: Member): void {
    this.#sentByGone += member.serve.sent
    this.count(member)
  }

  /** Counts what came and went, as of now. */
  count(member: Member): void {
    const { countedIn, countedOut } = this.#of(member)
    countedIn.upTo(member.drain.requests.bytes)
    countedOut.upTo(member.serve.sent)
  }

  /** It is gone. */
  left(member: Member): Effect.Effect<void> {
    const told = this.#of(member)
    const news: News = []
    this.#identified(member, told, news)
    this.#bytes(member, told, news)
    return together(news)
  }

  /** Tells what came and went since the last time, of everybody who is here: the end is near. */
  get settle(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const news: News = []
      for (const member of this.#options.members) this.#bytes(member, this.#of(member), news)
      return together(news)
    })
  }

  /** To be run twice a second. */
  tell(now: number): Effect.Effect<void> {
    if (now - this.#toldAt < reportEvery) return Effect.void
    const news: News = []
    // Of a thousand at rest nothing is to be told.
    for (const member of this.#options.members.lively) {
      const told = this.#of(member)
      this.#identified(member, told, news)
      this.#stood(member, told, news)
      this.#has(member, told, now, news)
      this.#bytes(member, told, news)
    }
    news.push(this.#copies.tell(now))
    const all = together(news)
    // Of who has just joined one need not wait for a second.
    if (all !== Effect.void) this.#toldAt = now
    return all
  }

  /** Whether all that there is to be told of it by now was told. */
  hasTold(member: Member): boolean {
    const { has, identified, received, sent, serving, standing } = this.#of(member)
    const { drain, pieces, serve, terms } = member
    return (
      has === pieces.count &&
      identified === saysWho(member) &&
      received === drain.requests.bytes &&
      sent === serve.sent &&
      serving === terms.serving &&
      standing === terms.standing
    )
  }

  #identified(member: Member, told: Told, news: News): void {
    if (told.identified || !saysWho(member)) return
    told.identified = true
    news.push(this.#options.report({ _tag: "Identified", peer: member.peer, seen: member.link.seen() }))
  }

  #has(member: Member, told: Told, now: number, news: News): void {
    const pieces = member.pieces.count
    if (told.has === pieces || now - told.hasAt < hasEvery) return
    told.has = pieces
    told.hasAt = now
    news.push(this.#options.report({ _tag: "Has", peer: member.peer, pieces }))
  }

  #bytes(member: Member, told: Told, news: News): void {
    const { report } = this.#options
    const received = member.drain.requests.bytes - told.received
    const sent = member.serve.sent - told.sent
    if (received === 0 && sent === 0) return
    told.received += received
    told.sent += sent
    const { peer } = member
    if (received > 0) news.push(report({ _tag: "Received", peer, bytes: received }))
    if (sent > 0) news.push(report({ _tag: "Sent", peer, bytes: sent }))
  }

  #of(member: Member): Told {
    const told = this.#told.get(member)
    if (told !== undefined) return told
    const { context } = this.#options
    const fresh: Told = {
      identified: saysWho(member),
      standing: "idle",
      serving: false,
      received: 0,
      sent: 0,
      telling: false,
      countedIn: new Counted(Metrics.received, context),
      countedOut: new Counted(Metrics.sent, context),
      has: 0,
      hasAt: -Infinity,
    }
    this.#told.set(member, fresh)
    return fresh
  }
}

/** All of it in this order and at this moment: while the first of it waits to be taken, others have something to tell too. */
const together = (news: ReadonlyArray<Effect.Effect<void>>): Effect.Effect<void> => {
  const some = news.filter((one) => one !== Effect.void)
  return some.length < 2 ? (some[0] ?? Effect.void) : Effect.all(some, { concurrency: "unbounded", discard: true })
}

/** Whether its extended handshake is there (BEP 10). */
const saysWho = ({ link }: Member): boolean => link.state().extended !== undefined

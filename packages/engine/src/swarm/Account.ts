/**
 * What a swarm tells of itself: who stands where, what came from whom and went to whom, how many copies there are.
 *
 * Invariant: of each member a standing is told when it has changed, and bytes once a second at most, and all of them by the time it has left.
 */
import { type Context, Effect } from "effect"
import type { DownloadEvent } from "../DownloadEvent.ts"
import * as Metrics from "../observe/Metrics.ts"
import type { Standing } from "../peer/Terms.ts"
import type { PiecePlan } from "../pieces/PiecePlan.ts"
import type { Member } from "./Member.ts"
import type { Members } from "./Members.ts"

/** The time between two reports of bytes, in milliseconds. */
const reportEvery = 1000

/** And between two reports of how many pieces a member has: who fetches gains some every second. */
const hasEvery = 5000

export interface AccountOptions {
  readonly members: Members
  readonly plan: PiecePlan
  readonly report: (event: DownloadEvent) => Effect.Effect<void>
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
  /** As far as the metrics know. */
  countedIn: number
  countedOut: number
  has: number
  hasAt: number
}

export class Account {
  readonly #options: AccountOptions
  readonly #told = new WeakMap<Member, Told>()
  #copies = ""
  #toldAt = -Infinity
  #sentByGone = 0

  constructor(options: AccountOptions) {
    this.#options = options
  }

  /** Bytes of pieces that were sent to all, whether or not they are still here. */
  get sent(): number {
    let sum = this.#sentByGone
    for (const { serve } of this.#options.members) sum += serve.sent
    return sum
  }

  /** Where a member stands, when that has changed. */
  stood(member: Member): Effect.Effect<void> {
    const told = this.#of(member)
    const { serving, standing } = member.terms
    if (told.standing === standing && told.serving === serving) return Effect.void
    told.standing = standing
    told.serving = serving
    return this.#options.report({ _tag: "Standing", peer: member.peer, standing, serving })
  }

  /** It is in no longer: what it was sent counts all the same, also where nobody is told any more. */
  gone(member: Member): void {
    this.#sentByGone += member.serve.sent
    this.#count(member)
  }

  /** What came and went since the last time is counted: of who is here once a second, of who goes at the end, also where nobody is told any more. */
  #count(member: Member): void {
    const { context } = this.#options
    const told = this.#of(member)
    const received = member.drain.requests.bytes - told.countedIn
    const sent = member.serve.sent - told.countedOut
    if (received > 0) Metrics.received.updateUnsafe(received, context)
    if (sent > 0) Metrics.sent.updateUnsafe(sent, context)
    told.countedIn += received
    told.countedOut += sent
  }

  /** It is gone. */
  left(member: Member): Effect.Effect<void> {
    return Effect.andThen(this.#identified(member), this.#bytes(member))
  }

  /** Tells what came and went since the last time, of everybody who is here: the end is near. */
  get settle(): Effect.Effect<void> {
    return Effect.suspend(() =>
      Effect.forEach([...this.#options.members], (member) => this.#bytes(member), { discard: true }),
    )
  }

  /** To be run twice a second. */
  tell(now: number): Effect.Effect<void> {
    if (now - this.#toldAt < reportEvery) return Effect.void
    this.#toldAt = now
    // Of a thousand idle links nothing is to be told, and that costs nothing.
    const news = [...this.#options.members]
      .flatMap((member) => [this.#identified(member), this.stood(member), this.#has(member, now), this.#bytes(member)])
      .filter((one) => one !== Effect.void)
    return Effect.andThen(Effect.all(news, { discard: true }), this.#tellCopies())
  }

  #identified(member: Member): Effect.Effect<void> {
    const told = this.#of(member)
    if (told.identified || !saysWho(member)) return Effect.void
    told.identified = true
    return this.#options.report({ _tag: "Identified", peer: member.peer, seen: member.link.seen() })
  }

  #has(member: Member, now: number): Effect.Effect<void> {
    const told = this.#of(member)
    const pieces = member.link.state().pieces.count
    if (told.has === pieces || now - told.hasAt < hasEvery) return Effect.void
    told.has = pieces
    told.hasAt = now
    return this.#options.report({ _tag: "Has", peer: member.peer, pieces })
  }

  #bytes(member: Member): Effect.Effect<void> {
    const { report } = this.#options
    const told = this.#of(member)
    const received = member.drain.requests.bytes - told.received
    const sent = member.serve.sent - told.sent
    if (received === 0 && sent === 0) return Effect.void
    this.#count(member)
    told.received += received
    told.sent += sent
    const { peer } = member
    return Effect.andThen(
      received > 0 ? report({ _tag: "Received", peer, bytes: received }) : Effect.void,
      sent > 0 ? report({ _tag: "Sent", peer, bytes: sent }) : Effect.void,
    )
  }

  #tellCopies(): Effect.Effect<void> {
    const { plan, report } = this.#options
    const { copies, lacking, pieces } = plan.copies
    const key = `${copies} ${lacking}`
    if (key === this.#copies) return Effect.void
    this.#copies = key
    return report({ _tag: "Copies", copies, lacking, pieces })
  }

  #of(member: Member): Told {
    const told = this.#told.get(member)
    if (told !== undefined) return told
    const fresh: Told = {
      identified: saysWho(member),
      standing: "idle",
      serving: false,
      received: 0,
      sent: 0,
      countedIn: 0,
      countedOut: 0,
      has: 0,
      hasAt: -Infinity,
    }
    this.#told.set(member, fresh)
    return fresh
  }
}

/** Whether its extended handshake is there (BEP 10). */
const saysWho = ({ link }: Member): boolean => link.state().extended !== undefined

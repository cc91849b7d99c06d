/**
 * The searches of a node: a few of them ask at a time, the others wait for their turn.
 *
 * Plain and synchronous. Invariants: a search ends once; who was cancelled asks nothing more and is told nothing more.
 */
import type { Correspondence } from "./Correspondence.ts"
import type * as Endpoint from "./Endpoint.ts"
import type * as Krpc from "./Krpc.ts"
import { deadline, type Lookup } from "./Lookup.ts"

/** What a search tells. */
export interface Reports {
  /** What a node answered. */
  readonly answered?: ((answer: Krpc.Answer, from: Endpoint.Endpoint) => void) | undefined
  /** It is over. */
  readonly ended: (lookup: Lookup, now: number) => void
}

/** A lookup on its way. */
export interface Search {
  readonly lookup: Lookup
  readonly question: Krpc.Question
  readonly reports: Reports
}

/** Searches that ask at a time. */
const atATime = 8

export class Searches {
  readonly #post: Correspondence
  readonly #named: (answer: Krpc.Answer) => ReadonlyArray<Krpc.Contact> | undefined
  readonly #all: Array<Search> = []

  /** `named` are the nodes of our family that an answer names. */
  constructor(post: Correspondence, named: (answer: Krpc.Answer) => ReadonlyArray<Krpc.Contact> | undefined) {
    this.#post = post
    this.#named = named
  }

  get any(): boolean {
    return this.#all.length > 0
  }

  /** When `advance` is to be called, at the latest. */
  get nextTime(): number {
    let next = Infinity
    for (const { lookup } of this.#all.slice(0, atATime)) next = Math.min(next, lookup.nextTime)
    return next
  }

  add(search: Search): void {
    this.#all.push(search)
  }

  /** It asks no more, and is told of nothing more. */
  cancel(search: Search): void {
    const at = this.#all.indexOf(search)
    if (at !== -1) this.#all.splice(at, 1)
  }

  /** Those by which a search has begun may be gone: these are others. */
  learn(entrances: ReadonlyArray<Endpoint.Endpoint>): void {
    for (const { lookup } of this.#all) lookup.learn(entrances)
  }

  /** Each asks whom it may, and ends if it is over. */
  advance(now: number): void {
    for (const search of this.#all.slice(0, atATime)) {
      // What another one reports in the end may have ended it.
      if (!this.#all.includes(search)) continue
      this.#ask(search, now)
      if (!search.lookup.isOver(now)) continue
      this.cancel(search)
      search.reports.ended(search.lookup, now)
    }
  }

  #ask(search: Search, now: number): void {
    const { lookup, question, reports } = search
    while (this.#post.hasRoom && this.#post.mayAsk(now)) {
      const candidate = lookup.next(now)
      if (candidate === undefined) return
      this.#post.ask(candidate.endpoint, question, now, deadline, (outcome) => {
        if (outcome?._tag !== "Response") return lookup.failed(candidate)
        const { answer, id } = outcome
        lookup.answered(candidate, id, { contacts: this.#named(answer) ?? [], token: answer.token })
        if (this.#all.includes(search)) reports.answered?.(answer, candidate.endpoint)
      })
    }
  }
}

/**
 * A node of the DHT for one family of addresses: plain and synchronous. Packets and the time come in, packets go out.
 *
 * `receive` takes a packet, `tick` does what is due, and `nextTime` says when that will be. Invariants: nothing that comes in throws; what goes out and what is answered is bounded in every second; who has not answered
 * us is in no table; a question has one end.
 */
import { Result } from "effect"
import type { NetAddress } from "effect/net"
import { amplification, answerTo, type Knowledge } from "./answerTo.ts"
import * as Endpoint from "./Endpoint.ts"
import { BootstrapNodes } from "./BootstrapNodes.ts"
import * as Id from "./Id.ts"
import * as Krpc from "./Krpc.ts"
import { type Candidate, k } from "./Candidate.ts"
import { deadline, Lookup } from "./Lookup.ts"
import { PeerStore } from "./PeerStore.ts"
import { type Outcome, Questions } from "./Questions.ts"
import type { Random } from "./Random.ts"
import { Rates } from "./Rates.ts"
import { Reachability } from "./Reachability.ts"
import { RoutingTable } from "./RoutingTable.ts"
import { Tokens } from "./Tokens.ts"
import { Whereabouts } from "./Whereabouts.ts"

export interface NodeOptions {
  readonly family: NetAddress.IpFamily
  readonly random: Random
  /** Milliseconds of a clock that is never set. */
  readonly now: number
  /** Sends a packet, or loses it. */
  readonly send: (packet: Uint8Array, to: Endpoint.Endpoint) => void
  /** The id that it had the last time. */
  readonly id?: Id.Id | undefined
  /** The node of the other family. */
  readonly other?: (() => Node | undefined) | undefined
}

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

/** Searches that ask at a time; the others wait. */
const searchesAtATime = 8
/** Nodes that we have heard of and will see whether they answer. */
const maxToMeet = 32
/** Milliseconds between two questions that only see whether somebody is still there, and between two attempts to enter. */
const careInterval = 5000
const enterInterval = 30_000
/** Milliseconds that an `announce_peer` is waited for, and how often it is said. */
const announceDeadline = 4000
const announceTries = 3

export class Node {
  readonly family: NetAddress.IpFamily
  readonly peers = new PeerStore()
  /** Packets sent and received, and those that were not looked at. */
  readonly traffic = { sent: 0, received: 0, ignored: 0 }
  readonly #options: NodeOptions
  readonly #random: Random
  readonly #questions: Questions
  readonly #reachability: Reachability
  readonly #whereabouts = new Whereabouts()
  readonly #knowledge: Knowledge
  readonly #rates: Rates
  readonly #searches: Array<Search> = []
  readonly #toMeet = new Map<Endpoint.Endpoint, Krpc.Contact>()
  readonly #entrances: BootstrapNodes
  #table: RoutingTable
  #careAt: number
  #enterAt: number
  #isAtCare = false
  /** When the next question may go out, where one had to wait. */
  #askAgainAt = Infinity

  constructor(options: NodeOptions) {
    const { family, now, random } = options
    this.family = family
    this.#options = options
    this.#random = random
    this.#questions = new Questions(random)
    this.#reachability = new Reachability(random)
    this.#table = new RoutingTable(options.id ?? Id.random(random))
    this.#rates = new Rates(now)
    this.#entrances = new BootstrapNodes(family, random)
    this.#careAt = now + careInterval
    this.#enterAt = now
    this.#knowledge = {
      peers: this.peers,
      tokens: new Tokens(random, now),
      random,
      table: (of) => (of === family ? this.#table : this.#options.other?.()?.table),
    }
  }

  get table(): RoutingTable {
    return this.#table
  }

  get id(): Id.Id {
    return this.#table.id
  }

  /** Where others see us; the port means nothing. */
  get address(): Endpoint.Endpoint | undefined {
    return this.#whereabouts.address
  }

  /** Nobody has reached us of their own accord for a while (BEP 43). */
  isReadOnly(now: number): boolean {
    return !this.#reachability.isReachable(now)
  }

  /** Whether we know where the DHT can be entered. */
  get hasEntrance(): boolean {
    return this.#entrances.size > 0
  }

  /** When `tick` is to be called, at the latest. */
  get nextTime(): number {
    let next = Math.min(this.#questions.nextTime, this.#careAt)
    if (this.#mayEnter) next = Math.min(next, this.#enterAt)
    for (const { lookup } of this.#searches.slice(0, searchesAtATime)) next = Math.min(next, lookup.nextTime)
    return this.#searches.length > 0 || this.#toMeet.size > 0 ? Math.min(next, this.#askAgainAt) : next
  }

  /** Where the DHT can be entered; `lasting` where it is a node like others, false where it is one that lets everybody in. */
  enterBy(endpoints: Iterable<Endpoint.Endpoint>, lasting: boolean, now: number): void {
    const entrances = this.#entrances.add(endpoints, lasting)
    // Those by which a search has begun may be gone.
    if (this.#isThin) for (const { lookup } of this.#searches) lookup.learn(entrances)
    this.#enterAt = now
    this.tick(now)
  }

  /** Begins to look for what is nearest to the question's target. */
  search(question: Extract<Krpc.Question, { target: Id.Id }>, reports: Reports, now: number): Search {
    const search = { question, reports, lookup: new Lookup(question.target, this.#near(question.target)) }
    this.#searches.push(search)
    this.tick(now)
    return search
  }

  /** Asks no more; it is told of nothing more. */
  cancel(search: Search): void {
    const at = this.#searches.indexOf(search)
    if (at !== -1) this.#searches.splice(at, 1)
  }

  /** Tells those who gave a token that we have the torrent; in the end how many took it. */
  announce(
    { closest, target }: Pick<Lookup, "closest" | "target">,
    { port, seed }: { readonly port: number; readonly seed: boolean },
    ended: (taken: number) => void,
    now: number,
  ): void {
    const told = closest.filter(({ token }) => token !== undefined)
    let left = told.length
    let taken = 0
    if (left === 0) return ended(0)
    const tell = (candidate: Candidate, tries: number, now: number) => {
      const question = { method: "announce_peer", target, port, token: candidate.token!, seed } as const
      this.#ask(candidate.endpoint, question, now, announceDeadline, (outcome, now) => {
        if (outcome === undefined && tries < announceTries) return tell(candidate, tries + 1, now)
        if (outcome?._tag === "Response") taken++
        if (--left === 0) ended(taken)
      })
    }
    for (const candidate of told) tell(candidate, 1, now)
  }

  /** A packet has come. */
  receive(packet: Uint8Array, from: Endpoint.Endpoint, now: number): void {
    this.traffic.received++
    if (!this.#rates.mayRead(now) || !Endpoint.isReachable(from)) {
      this.traffic.ignored++
      return
    }
    Result.match(Krpc.parse(packet), {
      onFailure: ({ refusal }) => {
        this.traffic.ignored++
        if (refusal !== undefined && this.#rates.mayBeAskedBy(from, now)) {
          this.#reply(Krpc.print(refusal), packet.length, from, now)
        }
      },
      onSuccess: (message) => {
        if (message._tag === "Query") this.#asked(message, packet.length, from, now)
        else this.#heard(message, from, now)
      },
    })
    this.tick(now)
  }

  /** Does what is due. */
  tick(now: number): void {
    this.#questions.expire(now)
    this.#advance(now)
    if (now >= this.#careAt) {
      this.#careAt = now + careInterval
      this.#care(now)
    }
    if (now >= this.#enterAt && this.#mayEnter) {
      this.#enterAt = now + enterInterval
      this.#lookAround(this.id, now)
    }
    this.#meet(now)
  }

  /** Nodes that may be worth knowing: they are asked whether they are there. */
  consider(contacts: Iterable<Krpc.Contact>): void {
    for (const contact of contacts) {
      if (this.#toMeet.size >= maxToMeet) return
      if (Endpoint.familyOf(contact.endpoint) === this.family && this.#table.wants(contact)) {
        this.#toMeet.set(contact.endpoint, contact)
      }
    }
  }

  get #isThin(): boolean {
    return this.#table.size < k
  }

  get #mayEnter(): boolean {
    return this.#isThin && this.#entrances.size > 0 && !this.#isAtCare
  }

  #near(target: Id.Id): Iterable<Krpc.Contact | Endpoint.Endpoint> {
    const known = new Set<Krpc.Contact | Endpoint.Endpoint>([
      ...this.#table.closest(target, k),
      ...this.#table.closest(target, k, ({ valid }) => valid),
    ])
    if (this.#isThin) for (const endpoint of this.#entrances.some()) known.add(endpoint)
    return known
  }

  #advance(now: number): void {
    this.#askAgainAt = Infinity
    for (const search of this.#searches.slice(0, searchesAtATime)) {
      const { lookup, question, reports } = search
      // What another one reports in the end may have ended it.
      if (!this.#searches.includes(search)) continue
      while (this.#questions.hasRoom) {
        if (!this.#mayAsk(now)) break
        const candidate = lookup.next(now)
        if (candidate === undefined) break
        this.#ask(candidate.endpoint, question, now, deadline, (outcome) => {
          if (outcome?._tag !== "Response") return lookup.failed(candidate)
          const { answer, id } = outcome
          lookup.answered(candidate, id, { contacts: this.#own(answer) ?? [], token: answer.token })
          if (this.#searches.includes(search)) reports.answered?.(answer, candidate.endpoint)
        })
      }
      if (lookup.isOver(now)) {
        this.cancel(search)
        reports.ended(lookup, now)
      }
    }
  }

  #mayAsk(now: number): boolean {
    const at = this.#rates.whenToAsk(now)
    if (at > now) this.#askAgainAt = Math.min(this.#askAgainAt, at)
    return at <= now
  }

  #own(answer: Krpc.Answer): ReadonlyArray<Krpc.Contact> | undefined {
    return this.family === "IPv4" ? answer.nodes : answer.nodes6
  }

  #ask(
    to: Endpoint.Endpoint,
    question: Krpc.Question,
    now: number,
    within: number,
    then: (outcome: Outcome, now: number) => void,
  ): void {
    if (!this.#questions.hasRoom) return then(undefined, now)
    const transaction = this.#questions.add(to, now + within, (outcome, now) => {
      if (outcome === undefined) this.#table.failed(to)
      then(outcome, now)
    })
    this.#reachability.asks(to, now)
    this.#rates.asks(now)
    const other = this.#options.other?.()
    const want = other !== undefined && other.#isThin ? (["IPv4", "IPv6"] as const) : []
    const readOnly = this.#reachability.saysReadOnly(now)
    this.#send(Krpc.print({ _tag: "Query", transaction, id: this.id, readOnly, want, question }), to)
  }

  #send(packet: Uint8Array, to: Endpoint.Endpoint): void {
    this.traffic.sent++
    this.#options.send(packet, to)
  }

  #reply(packet: Uint8Array, questionBytes: number, to: Endpoint.Endpoint, now: number): void {
    if (packet.length <= amplification * questionBytes && this.#rates.mayAnswer(packet.length, now))
      this.#send(packet, to)
  }

  #asked(query: Krpc.Query, bytes: number, from: Endpoint.Endpoint, now: number): void {
    if (!this.#rates.mayBeAskedBy(from, now)) {
      this.traffic.ignored++
      return
    }
    this.#reachability.calledBy(from, now)
    const { transaction } = query
    const answer = answerTo(query, from, bytes, this.#knowledge, now)
    const packet =
      typeof answer === "number"
        ? Krpc.print({ _tag: "Refusal", transaction, code: answer, words: wordsOf(answer) })
        : Krpc.print({ _tag: "Response", transaction, id: this.id, seen: from, answer })
    this.#reply(packet, bytes, from, now)
    if (!query.readOnly) this.consider([{ id: query.id, endpoint: from }])
  }

  #heard(message: Krpc.Response | Krpc.Refusal, from: Endpoint.Endpoint, now: number): void {
    const then = this.#questions.take(message.transaction, from)
    if (then === undefined) {
      this.traffic.ignored++
      return
    }
    if (message._tag === "Response") {
      if (!this.#entrances.onlyLetsIn(from)) this.#table.answered({ id: message.id, endpoint: from }, now)
      if (message.seen !== undefined && this.#whereabouts.vote(from, message.seen)) this.#move(now)
      const others = this.family === "IPv4" ? message.answer.nodes6 : message.answer.nodes
      if (others !== undefined) this.#options.other?.()?.consider(others)
    }
    then(message, now)
  }

  /** Others see us at an address that our id does not fit: it is another one from now on (BEP 42). */
  #move(now: number): void {
    const address = this.#whereabouts.address!
    if (Id.isValidAt(this.id, address)) return
    const former = this.#table
    this.#table = new RoutingTable(Id.fromAddress(address, this.#random))
    for (const entry of former.entries) if (entry.fails === 0) this.#table.answered(entry, entry.seen)
    this.#enterAt = now
    this.#lookAround(this.id, now)
  }

  /** Sees who is still there, and fills what has gone stale. */
  #care(now: number): void {
    const questionable = this.#table.questionable(now)
    if (questionable !== undefined) this.#askAround(questionable, now)
    if (this.#isAtCare || this.#table.size === 0) return
    const shared = this.#table.refresh(now)
    if (shared !== undefined) this.#lookAround(Id.sharing(this.id, shared, this.#random), now)
  }

  /** Whether it is still there, and whom it knows in its bucket: its answer keeps the bucket from going stale, so nothing else would fill it. */
  #askAround({ endpoint, id }: Krpc.Contact, now: number): void {
    const target = Id.sharing(this.id, Id.sharedBits(this.id, id), this.#random)
    this.#ask(endpoint, { method: "find_node", target }, now, deadline, (outcome) => {
      if (outcome?._tag !== "Response") return
      const named = this.#own(outcome.answer) ?? []
      this.consider(named.slice(0, k).filter((contact) => Endpoint.mayName(endpoint, contact.endpoint)))
    })
  }

  #lookAround(target: Id.Id, now: number): void {
    if (this.#isAtCare) return
    this.#isAtCare = true
    const ended = () => void (this.#isAtCare = false)
    this.search({ method: "find_node", target }, { ended }, now)
  }

  #meet(now: number): void {
    for (const [endpoint, contact] of this.#toMeet) {
      if (!this.#questions.hasRoom || !this.#mayAsk(now)) return
      this.#toMeet.delete(endpoint)
      if (this.#table.wants(contact)) this.#ask(endpoint, { method: "ping" }, now, deadline, () => {})
    }
  }
}

const wordsOf = (code: number): string =>
  code === Krpc.code.protocol ? "invalid token" : code === Krpc.code.server ? "too many peers of yours" : "refused"

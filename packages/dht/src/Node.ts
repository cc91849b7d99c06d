/**
 * A node of the DHT for one family of addresses: plain and synchronous. Packets and the time come in, packets go out.
 *
 * `receive` takes a packet, `tick` does what is due, and `nextTime` says when that will be. Invariants: nothing that comes in throws; what goes out and what is answered is bounded in every second; who has not answered
 * us is in no table; a question has one end.
 */
import { Result } from "effect"
import type { NetAddress } from "effect/net"
import { announceTo } from "./announceTo.ts"
import { answerTo, type Knowledge } from "./answerTo.ts"
import * as Endpoint from "./Endpoint.ts"
import { BootstrapNodes } from "./BootstrapNodes.ts"
import * as Id from "./Id.ts"
import { Introductions } from "./Introductions.ts"
import * as Krpc from "./Krpc.ts"
import { k } from "./Candidate.ts"
import { Correspondence } from "./Correspondence.ts"
import { deadline, Lookup } from "./Lookup.ts"
import { PeerStore } from "./PeerStore.ts"
import type { Random } from "./Random.ts"
import { RoutingTable } from "./RoutingTable.ts"
import { type Reports, type Search, Searches } from "./Searches.ts"
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

/** Milliseconds between two questions that only see whether somebody is still there, and between two attempts to enter. */
const careInterval = 5000
const enterInterval = 30_000

export class Node {
  readonly family: NetAddress.IpFamily
  readonly peers = new PeerStore()
  readonly #options: NodeOptions
  readonly #random: Random
  readonly #post: Correspondence
  readonly #whereabouts = new Whereabouts()
  readonly #knowledge: Knowledge
  readonly #searches: Searches
  readonly #introductions: Introductions
  readonly #entrances: BootstrapNodes
  #table: RoutingTable
  #careAt: number
  #enterAt: number
  #isAtCare = false

  constructor(options: NodeOptions) {
    const { family, now, random } = options
    this.family = family
    this.#options = options
    this.#random = random
    this.#table = new RoutingTable(options.id ?? Id.random(random))
    this.#post = new Correspondence({
      random,
      now,
      send: options.send,
      self: () => ({ id: this.id, want: this.#wanted }),
      unanswered: (by) => this.#table.failed(by),
    })
    this.#searches = new Searches(this.#post, (answer) => this.#own(answer))
    this.#introductions = new Introductions(family)
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

  /** Packets sent and received, and those that were not looked at. */
  get traffic(): Correspondence["traffic"] {
    return this.#post.traffic
  }

  /** Where others see us; the port means nothing. */
  get address(): Endpoint.Endpoint | undefined {
    return this.#whereabouts.address
  }

  /** Nobody has reached us of their own accord for a while (BEP 43). */
  isReadOnly(now: number): boolean {
    return !this.#post.isReachable(now)
  }

  /** Whether we know where the DHT can be entered. */
  get hasEntrance(): boolean {
    return this.#entrances.size > 0
  }

  /** When `tick` is to be called, at the latest. */
  get nextTime(): number {
    let next = Math.min(this.#post.nextEnd, this.#searches.nextTime, this.#careAt)
    if (this.#mayEnter) next = Math.min(next, this.#enterAt)
    return this.#searches.any || this.#introductions.any ? Math.min(next, this.#post.askAgainAt) : next
  }

  /** Where the DHT can be entered; `lasting` where it is a node like others, false where it is one that lets everybody in. */
  enterBy(endpoints: Iterable<Endpoint.Endpoint>, lasting: boolean, now: number): void {
    const entrances = this.#entrances.add(endpoints, lasting)
    if (this.#isThin) this.#searches.learn(entrances)
    this.#enterAt = now
    this.tick(now)
  }

  /** Begins to look for what is nearest to the question's target. */
  search(question: Extract<Krpc.Question, { target: Id.Id }>, reports: Reports, now: number): Search {
    const search = { question, reports, lookup: new Lookup(question.target, this.#near(question.target)) }
    this.#searches.add(search)
    this.tick(now)
    return search
  }

  /** Asks no more; it is told of nothing more. */
  cancel(search: Search): void {
    this.#searches.cancel(search)
  }

  /** Tells those who gave a token that we have the torrent; in the end how many took it. */
  announce(
    { closest, target }: Pick<Lookup, "closest" | "target">,
    { port, seed }: { readonly port: number; readonly seed: boolean },
    ended: (taken: number) => void,
    now: number,
  ): void {
    announceTo(this.#post, closest, { target, port, seed }, ended, now)
  }

  /** A packet has come. */
  receive(packet: Uint8Array, from: Endpoint.Endpoint, now: number): void {
    if (!this.#post.received(now) || !Endpoint.isReachable(from)) return this.#post.ignored()
    Result.match(Krpc.parse(packet), {
      onFailure: ({ refusal }) => {
        this.#post.ignored()
        if (refusal !== undefined && this.#post.mayBeAskedBy(from, now)) {
          this.#post.reply(Krpc.print(refusal), packet.length, from, now)
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
    this.#post.expire(now)
    this.#post.askAnew()
    this.#searches.advance(now)
    if (now >= this.#careAt) {
      this.#careAt = now + careInterval
      this.#care(now)
    }
    if (now >= this.#enterAt && this.#mayEnter) {
      this.#enterAt = now + enterInterval
      this.#lookAround(this.id, now)
    }
    this.#introductions.meet(this.#post, this.#table, now)
  }

  /** Nodes that may be worth knowing: they are asked whether they are there. */
  consider(contacts: Iterable<Krpc.Contact>): void {
    this.#introductions.add(contacts, this.#table)
  }

  get #isThin(): boolean {
    return this.#table.size < k
  }

  /** Nodes of which families we ask for. */
  get #wanted(): ReadonlyArray<NetAddress.IpFamily> {
    const other = this.#options.other?.()
    return other !== undefined && other.#isThin ? ["IPv4", "IPv6"] : []
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

  #own(answer: Krpc.Answer): ReadonlyArray<Krpc.Contact> | undefined {
    return this.family === "IPv4" ? answer.nodes : answer.nodes6
  }

  #asked(query: Krpc.Query, bytes: number, from: Endpoint.Endpoint, now: number): void {
    if (!this.#post.mayBeAskedBy(from, now)) return this.#post.ignored()
    this.#post.calledBy(from, now)
    const { transaction } = query
    const answer = answerTo(query, from, bytes, this.#knowledge, now)
    const packet =
      typeof answer === "number"
        ? Krpc.print({ _tag: "Refusal", transaction, code: answer, words: wordsOf(answer) })
        : Krpc.print({ _tag: "Response", transaction, id: this.id, seen: from, answer })
    this.#post.reply(packet, bytes, from, now)
    if (!query.readOnly) this.consider([{ id: query.id, endpoint: from }])
  }

  #heard(message: Krpc.Response | Krpc.Refusal, from: Endpoint.Endpoint, now: number): void {
    const then = this.#post.expected(message, from)
    if (then === undefined) return this.#post.ignored()
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
    this.#post.ask(endpoint, { method: "find_node", target }, now, deadline, (outcome) => {
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
}

const wordsOf = (code: number): string =>
  code === Krpc.code.protocol ? "invalid token" : code === Krpc.code.server ? "too many peers of yours" : "refused"

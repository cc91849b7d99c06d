/**
 * What a node and others write to each other: its questions and how they end, its answers, and how much of it there may be.
 *
 * Plain and synchronous. Invariants: what goes out, what is read and what is answered is bounded in every second; a question has one end.
 */
import type { NetAddress } from "effect/net"
import { amplification } from "./answerTo.ts"
import type * as Endpoint from "./Endpoint.ts"
import type * as Id from "./Id.ts"
import * as Krpc from "./Krpc.ts"
import { type Outcome, Questions } from "./Questions.ts"
import type { Random } from "./Random.ts"
import { Rates } from "./Rates.ts"
import { Reachability } from "./Reachability.ts"

export interface CorrespondenceOptions {
  readonly random: Random
  /** Milliseconds of a clock that is never set. */
  readonly now: number
  /** Sends a packet, or loses it. */
  readonly send: (packet: Uint8Array, to: Endpoint.Endpoint) => void
  /** Who asks, and nodes of which families it lacks. */
  readonly self: () => { readonly id: Id.Id; readonly want: ReadonlyArray<NetAddress.IpFamily> }
  /** A question was not answered in time. */
  readonly unanswered: (by: Endpoint.Endpoint) => void
}

export class Correspondence {
  /** Packets sent and received, and those that were not looked at. */
  readonly traffic = { sent: 0, received: 0, ignored: 0 }
  readonly #options: CorrespondenceOptions
  readonly #questions: Questions
  readonly #reachability: Reachability
  readonly #rates: Rates
  /** When the next question may go out, where one had to wait. */
  #askAgainAt = Infinity

  constructor(options: CorrespondenceOptions) {
    this.#options = options
    this.#questions = new Questions(options.random)
    this.#reachability = new Reachability(options.random)
    this.#rates = new Rates(options.now)
  }

  /** Somebody has reached us of their own accord lately (BEP 43). */
  isReachable(now: number): boolean {
    return this.#reachability.isReachable(now)
  }

  /** Whether one more may be asked something. */
  get hasRoom(): boolean {
    return this.#questions.hasRoom
  }

  /** When the time of the next question is over. */
  get nextEnd(): number {
    return this.#questions.nextTime
  }

  /** When who had to wait since `askAnew` may ask. */
  get askAgainAt(): number {
    return this.#askAgainAt
  }

  /** From now on it is noted when the first may ask who has to wait. */
  askAnew(): void {
    this.#askAgainAt = Infinity
  }

  /** Whether a question may go out now. */
  mayAsk(now: number): boolean {
    const at = this.#rates.whenToAsk(now)
    if (at > now) this.#askAgainAt = Math.min(this.#askAgainAt, at)
    return at <= now
  }

  /** Asks, if there is room; `within` is how many milliseconds an answer is waited for. */
  ask(
    to: Endpoint.Endpoint,
    question: Krpc.Question,
    now: number,
    within: number,
    then: (outcome: Outcome, now: number) => void,
  ): void {
    if (!this.hasRoom) return then(undefined, now)
    const transaction = this.#questions.add(to, now + within, (outcome, now) => {
      if (outcome === undefined) this.#options.unanswered(to)
      then(outcome, now)
    })
    this.#reachability.asks(to, now)
    this.#rates.asks(now)
    const readOnly = this.#reachability.saysReadOnly(now)
    this.#send(Krpc.print({ ...this.#options.self(), _tag: "Query", transaction, readOnly, question }), to)
  }

  /** Answers a question of so many bytes. */
  reply(packet: Uint8Array, questionBytes: number, to: Endpoint.Endpoint, now: number): void {
    if (packet.length <= amplification * questionBytes && this.#rates.mayAnswer(packet.length, now))
      this.#send(packet, to)
  }

  /** A packet has come: whether it is looked at. */
  received(now: number): boolean {
    this.traffic.received++
    return this.#rates.mayRead(now)
  }

  /** A packet was for nothing. */
  ignored(): void {
    this.traffic.ignored++
  }

  /** Whether one more question of that node is answered. */
  mayBeAskedBy(from: Endpoint.Endpoint, now: number): boolean {
    return this.#rates.mayBeAskedBy(from, now)
  }

  /** Somebody has asked us something. */
  calledBy(from: Endpoint.Endpoint, now: number): void {
    this.#reachability.calledBy(from, now)
  }

  /** What is to be done with an answer, if it was expected from there. */
  expected(answer: Krpc.Response | Krpc.Refusal, from: Endpoint.Endpoint) {
    return this.#questions.take(answer.transaction, from)
  }

  /** Ends the questions whose time is over. */
  expire(now: number): void {
    this.#questions.expire(now)
  }

  #send(packet: Uint8Array, to: Endpoint.Endpoint): void {
    this.traffic.sent++
    this.#options.send(packet, to)
  }
}

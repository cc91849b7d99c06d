/**
 * How much of everything a node does in a second, whatever comes: packets that are read, questions that are asked unasked, bytes of answers, questions of one node.
 *
 * Invariant: what goes out and what is answered is bounded in every second.
 */
import { Allowance, Allowances } from "./Allowance.ts"
import * as Endpoint from "./Endpoint.ts"

/** Packets a second that we send unasked: what all searches together ask. */
const questionsASecond = 60
const questionsAtOnce = 120
/** Bytes a second that all answers take. */
const answerBytesASecond = 32_768
const answerBytesAtOnce = 65_536
/** Questions of one node that are answered in a second. */
const answersPerNode = 10
const answersPerNodeAtOnce = 30
const knownAskers = 1000
/** Packets that are looked at in a second: reading all that could come would be all that we do. */
const packetsASecond = 3000
const packetsAtOnce = 6000

export class Rates {
  readonly #asking: Allowance
  readonly #answering: Allowance
  readonly #reading: Allowance
  readonly #askers = new Allowances(answersPerNode, answersPerNodeAtOnce, knownAskers)

  constructor(now: number) {
    this.#asking = new Allowance(questionsASecond, questionsAtOnce, now)
    this.#answering = new Allowance(answerBytesASecond, answerBytesAtOnce, now)
    this.#reading = new Allowance(packetsASecond, packetsAtOnce, now)
  }

  /** Whether one more packet is looked at. */
  mayRead(now: number): boolean {
    return this.#reading.take(1, now)
  }

  /** Whether one more question of that node is answered. */
  mayBeAskedBy(from: Endpoint.Endpoint, now: number): boolean {
    return this.#askers.take(Endpoint.nodeOf(from), now)
  }

  /** Whether an answer of so many bytes goes out. */
  mayAnswer(bytes: number, now: number): boolean {
    return this.#answering.take(bytes, now)
  }

  /** When the next question may go out. */
  whenToAsk(now: number): number {
    return this.#asking.when(1, now)
  }

  /** A question goes out. */
  asks(now: number): void {
    this.#asking.spend(1, now)
  }
}

/**
 * A survey as it was printed with `--json`: each line an event and, in `at`, when it came; one of the first says which torrent it is about.
 *
 * Invariants: what is kept of it is bounded, line by line and as a whole (`Roll`); it tells nothing that cannot have happened. One that breaks off, also in a line, is read as far as it goes.
 */
import { Result, Schema } from "effect"
import { SurveyEvent } from "@unchoke/engine"
import { count, grouped } from "../render/text.ts"
import { Survey } from "../render/Survey.ts"
import type { About } from "./Report.ts"
import { mostPeers, Roll, type Told } from "./Roll.ts"
import { isSensible, piecesIn } from "./sense.ts"
import { Timeline } from "./Timeline.ts"

const amount = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }))

/** The line that says which torrent it is about. */
export const Probing = Schema.TaggedStruct("Probing", {
  name: Schema.String,
  infoHash: Schema.String.check(Schema.isPattern(/^[0-9a-f]{40}$/)),
  bytes: amount,
  pieces: amount.check(Schema.isGreaterThanOrEqualTo(1)),
})

/** What any line has. `exitCode` is in the last one. */
const Line = Schema.Struct({
  _tag: Schema.String,
  at: Schema.optional(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }))),
  exitCode: Schema.optional(Schema.Unknown),
})

const eventFrom = Schema.decodeUnknownResult(SurveyEvent)
const probingFrom = Schema.decodeUnknownResult(Probing)
const taggedFrom = Schema.decodeUnknownResult(Schema.Struct({ _tag: Schema.String }))
const lineFrom = Schema.decodeUnknownResult(Line)

/** Lines of other kinds are passed over. */
const drawn: ReadonlySet<string> = new Set<SurveyEvent["_tag"]>([
  "Named",
  "Dialling",
  "Connected",
  "Parked",
  "Rejected",
  "Passed",
  "Partial",
  "WebSeedPassed",
  "WebSeedRejected",
  "Copies",
])

/** What was recorded, and what there is to say of it beside that, in sentences. */
export interface Recorded {
  readonly about: About
  readonly survey: Survey
  readonly timeline: Timeline
  readonly notes: ReadonlyArray<string>
}

/** A fold of the lines. */
export class Recording {
  readonly #survey = new Survey()
  readonly #timeline = new Timeline()
  readonly #roll = new Roll()
  #about: About | undefined
  /** How many lines there were. */
  #line = 0
  /** A line that is none: only the last one may be. */
  #broken: number | undefined
  #isEnded = false
  /** Of what is told of copies only the last counts. */
  #copies: { readonly line: number; readonly told: unknown } | undefined
  /** The most pieces that a line spoke of; how many there are may be told later. */
  #most = { line: 0, pieces: 0 }

  /** Takes in a line. Why it is none of a recording, where it is not. */
  take(text: string): string | undefined {
    this.#line++
    if (text.trim() === "") return undefined
    if (this.#broken !== undefined) return `line ${grouped(this.#broken)} is none that \`probe --json\` prints`
    const json = parsed(text)
    const line = decoded(lineFrom, json)
    if (line === undefined) {
      // A time that is none makes no sense, a line that is none may have been cut.
      if (decoded(taggedFrom, json) !== undefined) return nonsense(this.#line)
      this.#broken = this.#line
      return undefined
    }
    this.#isEnded = line.exitCode !== undefined
    if (line._tag === "Probing") return this.#begin(json)
    const at = line.at ?? this.#timeline.took
    this.#timeline.until(at)
    if (!drawn.has(line._tag)) return undefined
    const told = json as Told
    if (!this.#roll.admits(told)) return undefined
    if (line._tag !== "Copies") return this.#see(told, at, this.#line)
    this.#copies = { line: this.#line, told }
    return undefined
  }

  /** What there was, or why it is no recording. */
  end(): Recorded | string {
    const about = this.#about
    if (about === undefined) return "it does not begin as what `probe --json` prints does"
    if (this.#copies !== undefined) {
      const fault = this.#see(this.#copies.told, this.#timeline.took, this.#copies.line)
      if (fault !== undefined) return fault
    }
    if (this.#most.pieces > about.pieces) return nonsense(this.#most.line)
    return { about, survey: this.#survey, timeline: this.#timeline, notes: this.#notes }
  }

  #begin(json: unknown): string | undefined {
    const begin = decoded(probingFrom, json)
    if (begin === undefined) return nonsense(this.#line)
    if (this.#about !== undefined) return `line ${grouped(this.#line)} begins another probe`
    this.#about = begin
    return undefined
  }

  #see(told: unknown, at: number, line: number): string | undefined {
    const event = decoded(eventFrom, told)
    if (event === undefined || !isSensible(event)) return nonsense(line)
    const pieces = piecesIn(event)
    if (pieces > this.#most.pieces) this.#most = { line, pieces }
    this.#survey.see(event)
    this.#timeline.see(event, at)
    return undefined
  }

  get #notes(): ReadonlyArray<string> {
    const { others, othersGive } = this.#roll
    const notes: Array<string> = []
    if (this.#broken !== undefined) {
      notes.push(`The recording breaks off in line ${grouped(this.#broken)}: this is what it tells until then.`)
    } else if (!this.#isEnded) {
      notes.push("The recording has no end: the probe was still running, or was broken off.")
    }
    if (others > 0) {
      notes.push(
        `The recording tells of ${count(mostPeers + others, "peer")}. These are the first ${grouped(mostPeers)} of them; of the others ${grouped(othersGive)} would give us something.`,
      )
    }
    return notes
  }
}

const nonsense = (line: number): string => `line ${grouped(line)} makes no sense`

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What nobody can follow to its end, such as a hundred thousand lists in each other, is refused too. */
const decoded = <A>(decode: (input: unknown) => Result.Result<A, unknown>, input: unknown): A | undefined => {
  try {
    return Result.getOrUndefined(decode(input))
  } catch {
    return undefined
  }
}

import { Schema } from "effect"
import type { Told } from "../told.ts"
import { Origin } from "./Origin.ts"
import { Unasked } from "./Unasked.ts"
import { WebSeedFailed } from "./web/WebProblem.ts"

/** A source of peers and what it answered. */
export interface Asked {
  /** An announce URL as it may be shown, `given peers`, or what a further source is called. */
  readonly source: string
  /** What kind of a source. */
  readonly origin: Origin
  /** How many peers it named, or why it named none. */
  readonly answer: Named | NoneNamed
}

interface Named {
  /** How many it named. */
  readonly peers: number
  /** How many more a tracker on the internet named that are in the user's own network, where it may not send us. */
  readonly withheld?: number | undefined
}

interface NoneNamed {
  /** Why it named none, in words. */
  readonly error: string
  /** What kind of a `TrackerProblem` it is. */
  readonly problem?: string | undefined
}

const asked = {
  source: Schema.String,
  origin: Origin,
  answer: Schema.Union([
    Schema.Struct({ peers: Schema.Int, withheld: Schema.optional(Schema.Int) }),
    Schema.Struct({ error: Schema.String, problem: Schema.optional(Schema.String) }),
  ]),
}

/** Encodes to JSON as it is. */
export const Asked: Told<Schema.Struct<typeof asked>, Asked> = Schema.Struct(asked)

/** No source named a single peer, and no web seed gives. */
export class NoPeers extends Schema.TaggedError<NoPeers>()("NoPeers", {
  asked: Schema.Array(Asked),
  unasked: Schema.optional(Schema.Array(Unasked)),
  webSeeds: Schema.optional(Schema.Array(WebSeedFailed)),
}) {
  /** What each source answered. */
  declare readonly asked: ReadonlyArray<Asked>
  /** What else there might have been to ask, and why it was not. */
  declare readonly unasked?: ReadonlyArray<Unasked> | undefined
  /** What every web seed answered, where there were some. */
  declare readonly webSeeds?: ReadonlyArray<WebSeedFailed> | undefined

  /** What each source and web seed answered, in words. */
  get answers(): ReadonlyArray<string> {
    return [...this.#sources, ...this.#webSeeds]
  }

  override get message(): string {
    const answers = this.#sources
    const webSeeds = this.#webSeeds
    if (answers.length + webSeeds.length === 0) return "no peers: no tracker was asked and no peer was given"
    const peers = answers.length === 0 ? "no peers" : `no peers found (${answers.join("; ")})`
    return webSeeds.length === 0 ? peers : `${peers}, and no web seed gives (${webSeeds.join("; ")})`
  }

  get #sources(): ReadonlyArray<string> {
    return this.asked.map(({ answer, source }) => `${source}: ${noPeersInWords(answer)}`)
  }

  get #webSeeds(): ReadonlyArray<string> {
    return (this.webSeeds ?? []).map(({ message }) => message)
  }
}

const noPeersInWords = (answer: Asked["answer"]): string => {
  if ("error" in answer) return answer.error
  return answer.withheld === undefined
    ? "it knows no peers"
    : "it names only peers in our own network, and is not in it itself"
}

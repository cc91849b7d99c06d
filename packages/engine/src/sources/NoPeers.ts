import { Schema } from "effect"
import { Origin } from "./Origin.ts"
import { Unasked } from "./Unasked.ts"
import { WebSeedFailed } from "./web/WebProblem.ts"

const asked = {
  /** An announce URL as it may be shown, `given peers`, or what a further source is called. */
  source: Schema.String,
  /** What kind of a source. */
  origin: Origin,
  /** How many peers it named, or why it named none. */
  answer: Schema.Union([
    Schema.Struct({
      /** How many it named. */
      peers: Schema.Int,
      /** How many more a tracker on the internet named that are in the user's own network, where it may not send us. */
      withheld: Schema.optional(Schema.Int),
    }),
    Schema.Struct({
      /** Why it named none, in words. */
      error: Schema.String,
      /** What kind of a `TrackerProblem` it is. */
      problem: Schema.optional(Schema.String),
    }),
  ]),
}

export type AskedFields = { readonly [Name in keyof typeof asked]: (typeof asked)[Name] }

/** A source of peers and what it answered. */
export const Asked: Schema.Struct<AskedFields> = Schema.Struct(asked)
export type Asked = typeof Asked.Type

/** No source named a single peer, and no web seed gives. */
export class NoPeers extends Schema.TaggedError<NoPeers>()("NoPeers", {
  /** What each source answered. */
  asked: Schema.Array(Asked),
  /** What else there might have been to ask, and why it was not. */
  unasked: Schema.optional(Schema.Array(Unasked)),
  /** What every web seed answered, where there were some. */
  webSeeds: Schema.optional(Schema.Array(WebSeedFailed)),
}) {
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

import { Schema } from "effect"
import { inWords, type WebSeedFailed } from "./web/WebProblem.ts"

/** A source of peers and what it answered. */
export const Asked = Schema.Struct({
  /** An announce URL, `--peer`, a web seed's URL, or what a further source is called. */
  source: Schema.String,
  /** How many peers it named, or why it named none. */
  answer: Schema.Union([
    Schema.Struct({
      peers: Schema.Int,
      /** How many more a tracker on the internet named that are in the user's own network, where it may not send us. */
      withheld: Schema.optional(Schema.Int),
    }),
    Schema.Struct({
      error: Schema.String,
      /** What kind of a `TrackerProblem` or `WebProblem` it is. */
      problem: Schema.optional(Schema.String),
    }),
  ]),
})
export type Asked = typeof Asked.Type

/** A web seed and what it answered. */
export const asAsked = ({ reason, url }: WebSeedFailed): Asked => ({
  source: url,
  answer: { error: inWords(reason), problem: reason._tag },
})

/** No source named a single peer, and no web seed gives. */
export class NoPeers extends Schema.TaggedError<NoPeers>()("NoPeers", { asked: Schema.Array(Asked) }) {
  override get message(): string {
    if (this.asked.length === 0) return "no peers: no tracker was asked and no peer was given"
    const answers = this.asked.map(({ answer, source }) => `${source}: ${noPeersInWords(answer)}`)
    return `no peers found (${answers.join("; ")})`
  }
}

const noPeersInWords = (answer: Asked["answer"]): string => {
  if ("error" in answer) return answer.error
  return answer.withheld === undefined
    ? "it knows no peers"
    : "it names only peers in our own network, and is not in it itself"
}

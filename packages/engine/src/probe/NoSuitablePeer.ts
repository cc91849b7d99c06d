import { Schema } from "effect"
import { Rejection } from "../peer/errors.ts"
import { tally, verdictInWords } from "../peer/verdictInWords.ts"
import { Unasked } from "../sources/Unasked.ts"
import { WebSeedFailed } from "../sources/web/WebProblem.ts"

/** There were candidates, and none of them would give us the file. */
export class NoSuitablePeer extends Schema.TaggedError<NoSuitablePeer>()("NoSuitablePeer", {
  rejections: Schema.Array(Rejection),
  unasked: Schema.optional(Schema.Array(Unasked)),
  webSeeds: Schema.optional(Schema.Array(WebSeedFailed)),
}) {
  /** What every candidate's verdict was, in the order in which they fell. */
  declare readonly rejections: ReadonlyArray<Rejection>
  /** What might have named others, and was not asked. */
  declare readonly unasked?: ReadonlyArray<Unasked> | undefined
  /** What every web seed answered, where there were some. */
  declare readonly webSeeds?: ReadonlyArray<WebSeedFailed> | undefined

  override get message(): string {
    const [first, ...others] = this.rejections
    const peers =
      first !== undefined && others.length === 0
        ? `the only peer would not give us the file: ${verdictInWords(first)}`
        : `none of ${this.rejections.length} peers would give us the file: ${tally(this.rejections)}`
    return [peers, ...(this.webSeeds ?? []).map(({ message }) => message)].join("; ")
  }
}

import { Schema } from "effect"

/** Of a torrent no file was chosen, or there is none that a pattern means. */
export class NothingChosen extends Schema.TaggedError<NothingChosen>()("NothingChosen", {
  pattern: Schema.optional(Schema.String),
  nearest: Schema.Array(Schema.String),
  files: Schema.Int,
}) {
  /** What means no file of the torrent; without it every file was left out. */
  declare readonly pattern?: string | undefined
  /** Paths of files, and of folders (with a slash at their end), whose names are nearest to it. */
  declare readonly nearest: ReadonlyArray<string>
  /** How many files there are to choose from. */
  declare readonly files: number

  override get message(): string {
    if (this.pattern === undefined) return `no file is left: all ${this.files} were left out`
    return `no file of the torrent is meant by ${this.pattern}`
  }
}

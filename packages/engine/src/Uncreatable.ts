/** The error of what no torrent can be made of. */
import { Schema } from "effect"

/** What is at `path`, and why that makes no torrent. */
export class Uncreatable extends Schema.TaggedError<Uncreatable>()("Uncreatable", {
  path: Schema.String,
  why: Schema.Literals([
    "there is no file in it",
    "there is not a byte in it",
    "it is neither a file nor a folder",
    "it is a link that leads nowhere",
    "it is a link that leads in a circle",
    "its name is not UTF-8",
    "its name is one that no client takes",
    "it has more files than a torrent can have",
    "it has too many pieces",
    "the piece length is no power of two from 16 KiB to 512 MiB",
  ]),
}) {
  /** The file or folder. */
  declare readonly path: string
  /** What is the matter with it. */
  declare readonly why: typeof Uncreatable.fields.why.Type

  override get message(): string {
    return `cannot make a torrent of ${this.path}: ${this.why}`
  }
}

import { Schema } from "effect"
import { NoSuitablePeer } from "@unchoke/engine"

/** Of those who gave us a part of it nobody is left, and nobody else would give us the rest. */
export class NobodyLeft extends Schema.TaggedError<NobodyLeft>()("NobodyLeft", {
  /** How many pieces are missing, of how many. */
  missing: Schema.Int,
  pieces: Schema.Int,
  /** Who gave what, and why they left, in words. */
  gone: Schema.Array(Schema.String),
  /** What is verified and stays, and where, in words. */
  kept: Schema.String,
  /** What came of all others. */
  others: NoSuitablePeer,
}) {
  override get message(): string {
    return `nobody is left who would give us the missing ${this.missing} of ${this.pieces} pieces`
  }
}

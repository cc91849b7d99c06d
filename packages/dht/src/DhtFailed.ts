/** Why the DHT has found nobody. */
import { Schema } from "effect"

/** No socket, nobody known to begin with, or nobody who answers. */
export class DhtFailed extends Schema.TaggedError<DhtFailed>()("DhtFailed", {
  reason: Schema.Literals(["no socket", "no nodes", "no answer"]),
  asked: Schema.Int,
}) {
  /** What was missing. */
  declare readonly reason: typeof DhtFailed.fields.reason.Type
  /** Nodes that were asked. */
  declare readonly asked: number

  override get message(): string {
    switch (this.reason) {
      case "no socket":
        return "no UDP socket could be opened"
      case "no nodes":
        return "no node of the DHT is known"
      case "no answer":
        return this.asked === 1
          ? "the only DHT node that was asked has not answered"
          : `none of the ${this.asked} DHT nodes that were asked has answered`
    }
  }
}

/** What a call is about, for a test that is about the connection. */
import { Duration, Effect } from "effect"
import type { Errand } from "@unchoke/engine"

/** A call for no torrent in particular, that waits for five seconds. */
export const errand: Errand = {
  infoHash: new Uint8Array(20),
  patience: Duration.seconds(5),
  pace: Effect.void,
  tell: () => {},
}

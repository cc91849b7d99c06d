/** Who names a peer to us. */
import { Schema } from "effect"

/** What kind of a source it is; `you` is whoever started this, `caller` a peer that has called us and says where it listens. */
export const Origin = Schema.Literals(["you", "tracker", "dht", "pex", "lsd", "x.pe", "caller"])
/** What kind of a source named a peer. */
export type Origin = typeof Origin.Type

/** Everyone that can name a peer, in the order in which they are told. */
export const all: ReadonlyArray<Origin> = Origin.literals

// PLACEHOLDER, replace entirely: only here so that the rest type-checks while the trackers are being written.
import { Context, type Effect } from "effect"

export class Tracker extends Context.Service<
  Tracker,
  { readonly announce: (url: string, request: unknown) => Effect.Effect<never> }
>()("unchoke/Tracker") {}

import type { Filling } from "./Filling.ts"

/** What an arriving block turned out to be. */
export type Arrival =
  | { readonly _tag: "Progress" }
  | { readonly _tag: "Filled"; readonly filling: Filling }
  /** We do not want it (any more): it came twice, or after it was given up, or was never asked for. */
  | { readonly _tag: "Unwanted" }
  /** No request of ours looks like that. */
  | { readonly _tag: "Misshapen" }

export const progress: Arrival = { _tag: "Progress" }
export const unwanted: Arrival = { _tag: "Unwanted" }
export const misshapen: Arrival = { _tag: "Misshapen" }

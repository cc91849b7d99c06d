/** What all scenarios of one run of the benchmarks share. */
import type { Network } from "./Network.ts"
import type { Machine } from "./Results.ts"
import type { Tracker } from "./Tracker.ts"

export interface World {
  readonly network: Network
  readonly tracker: Tracker
  /** The URL of the collector of telemetry. */
  readonly collector: string
  readonly machine: Machine
  /** A folder on the real disk. */
  readonly disk: string
  /** See loadgen/loadgen.c. */
  readonly quickAcks: boolean
}

/** One row of what is to be shown: a torrent, a swarm, and what every client has to do with them. */
import type { Shape } from "./Shape.ts"
import type { Census } from "./Swarm.ts"
import type { Target } from "./Target.ts"

export interface Scenario {
  /** As in `--only`, and the name of its results. */
  readonly name: string
  /** As in tables and charts. */
  readonly title: string
  /** `version` has no torrent, `show` no swarm. */
  readonly work: "download" | "probe" | "show" | "version"
  readonly shape: Shape
  readonly census: Census
  /** How many shuffles of the list there are; the runs take turns. */
  readonly layouts: number
  readonly disk: "memory" | "disk"
  /** Seconds after which a client is given up. */
  readonly patience: number
  /** Runs of each client unless the command line says otherwise. */
  readonly runs: number
  /** Reference rows beside the clients, by name. */
  readonly references: ReadonlyArray<string>
  readonly targets: ReadonlyArray<Target>
}

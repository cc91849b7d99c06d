/** Peers that call the client: see loadgen/leech.c. */
export interface Callers {
  readonly count: number
  /** `take`: so many bytes each. `idle`: nothing. `hold`: they have everything and unchoke nobody. */
  readonly work: "take" | "idle" | "hold"
  readonly bytes: number
  /** How long the silent ones are watched. */
  readonly seconds: number
}

/** One row of what is to be shown: a torrent, a swarm, and what every client has to do with them. */
import type { Shape } from "./Shape.ts"
import type { Census } from "./Swarm.ts"
import type { Target } from "./Target.ts"
import type { Way } from "./Way.ts"

export interface Scenario {
  /** As in `--only`, and the name of its results. */
  readonly name: string
  /** As in tables and charts. */
  readonly title: string
  /** `version` has no torrent, `show` and `create` (which makes one) no swarm; `join` is to take part in one and to be called. */
  readonly work: "create" | "download" | "join" | "probe" | "show" | "version"
  readonly shape: Shape
  /** How the client learns what the torrent is, and of whom to have it. */
  readonly by: Way
  readonly census: Census
  /** What is measured is ourselves, and nobody else takes part. */
  readonly oursAlone: boolean
  /** A seed of our own is there, which the tracker names. */
  readonly ourSeed: boolean
  /** So many libtorrents fetch the same beside the client, from when it starts: the tracker names them too. */
  readonly rivals: number
  /** So many of the torrent's bytes, its first, are there already. */
  readonly present: number
  /** Who calls the client that joins. */
  readonly callers?: Callers
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

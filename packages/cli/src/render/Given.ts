import type { Duration, Option } from "effect"
import type { Encryption } from "@unchoke/engine"
import type { Setting } from "../settings/Setting.ts"

/** What the command was given, as far as its failures speak of it. */
export interface Given {
  readonly torrent: string
  /** Which command, where what to do next depends on it. */
  readonly command?: "download" | "seed"
  readonly noTracker?: boolean
  readonly noDht?: boolean
  readonly noLsd?: boolean
  readonly noPex?: boolean
  readonly noWebSeeds?: boolean
  readonly dhtNode?: ReadonlyArray<unknown>
  readonly peer?: ReadonlyArray<unknown>
  readonly encryption?: Option.Option<Encryption.Policy>
  /** Which of it was not typed. */
  readonly settings?: ReadonlyArray<Setting>
  readonly deadlines?: Readonly<Partial<Record<"connect" | "unchoke", Option.Option<Duration.Duration>>>>
}

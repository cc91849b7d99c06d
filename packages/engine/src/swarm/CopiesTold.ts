/**
 * What is told of how many copies there are: when it is known, and when it has changed.
 *
 * Invariants: less than one copy is not told before somebody has had the time to say what it has; nor is it what was told last once a complete peer is in.
 */
import { Duration, Effect } from "effect"
import type { DownloadEvent } from "../DownloadEvent.ts"
import { race } from "../peer/Deadlines.ts"
import type { Copies } from "../pieces/Availability.ts"
import type { Member } from "./Member.ts"

/** Who has said nothing for so many milliseconds has none. */
const saysWithin = Duration.toMillis(race.bitfield)

export interface CopiesToldOptions {
  readonly plan: { readonly copies: Copies }
  readonly members: Iterable<Pick<Member, "link" | "since">>
  readonly report: (event: DownloadEvent) => Effect.Effect<void>
}

export class CopiesTold {
  readonly #options: CopiesToldOptions
  #last: Copies | undefined

  constructor(options: CopiesToldOptions) {
    this.#options = options
  }

  /** What has changed; looks at every piece. `now` is by the members' clock. */
  tell(now: number): Effect.Effect<void> {
    const { plan, report } = this.#options
    const { copies, lacking, pieces } = plan.copies
    const last = this.#last
    if (last === undefined ? copies < 1 && !this.#haveSaid(now) : last.copies === copies && last.lacking === lacking)
      return Effect.void
    this.#last = { copies, lacking, pieces }
    return report({ _tag: "Copies", copies, lacking, pieces })
  }

  /** Somebody has said that it has everything: whoever has been told of less hears of that at once. */
  completePeer(now: number): Effect.Effect<void> {
    return (this.#last?.copies ?? 0) < 1 ? this.tell(now) : Effect.void
  }

  /** Everybody has said what it has, or somebody has had the time to: in a large swarm there is always one that has just come. */
  #haveSaid(now: number): boolean {
    const members = [...this.#options.members]
    return (
      members.some(({ since }) => now - since >= saysWithin) ||
      (members.length > 0 && members.every(({ link }) => link.state().announced))
    )
  }
}

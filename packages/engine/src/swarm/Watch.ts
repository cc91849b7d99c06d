/**
 * Looks after everybody who is here, twice a second: who has to go goes, and what has become of all of them is told.
 *
 * Invariant: where somebody has what we lack, either something is asked for or written, or somebody goes; so a swarm never waits for nobody.
 */
import { Duration, Effect } from "effect"
import type { DownloadEvent } from "../DownloadEvent.ts"
import { Dismissed, TooSlow } from "../peer/errors.ts"
import type { PiecePlan } from "../pieces/PiecePlan.ts"
import type { Account } from "./Account.ts"
import type { Member } from "./Member.ts"
import type { Members } from "./Members.ts"
import type { Verdicts } from "./Verdicts.ts"
import type { WebSeeds } from "./web/WebSeeds.ts"

export interface WatchOptions {
  readonly plan: PiecePlan
  readonly members: Members
  readonly webSeeds: WebSeeds
  readonly verdicts: Verdicts
  readonly account: Account
  readonly report: (event: DownloadEvent) => Effect.Effect<void>
  /** A stopwatch, in milliseconds. */
  readonly now: () => number
  /** So long a block may take. */
  readonly block: Duration.Duration
}

export class Watch {
  readonly #options: WatchOptions
  #idleSince: number | undefined

  constructor(options: WatchOptions) {
    this.#options = options
  }

  /** Waits for nothing. */
  look(): void {
    const { account, members, plan, webSeeds } = this.#options
    for (const member of members.due()) {
      const why = member.look() ?? nothingToExchange(member, plan)
      if (why !== undefined) member.dismiss(why)
      account.count(member)
    }
    this.#dismissIdle()
    webSeeds.look()
  }

  /** May wait for whoever takes the events. */
  readonly tell: Effect.Effect<void> = Effect.gen({ self: this }, function* () {
    const { account, members, now, webSeeds } = this.#options
    yield* this.#tellDiscarded
    yield* webSeeds.tell()
    yield* account.tell(now())
    for (const member of members.lively) if (member.isAtRest && account.hasTold(member)) members.rest(member)
  })

  get #tellDiscarded(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const { plan, report, verdicts } = this.#options
      let sum = 0
      for (const [name, bytes] of plan.takeDiscarded()) {
        verdicts.setback(name)
        sum += bytes
      }
      return sum === 0 ? Effect.void : report({ _tag: "Discarded", bytes: sum })
    })
  }

  /** Nobody is asked for anything, and nothing is on its way to the disk, though somebody has what we lack: whatever the reason, nobody would ever end it. */
  #dismissIdle(): void {
    const { block, members, now, plan, webSeeds } = this.#options
    const idle = plan.unverified === 0 && !webSeeds.owe ? members.idle : []
    this.#idleSince = idle.length > 0 ? (this.#idleSince ?? now()) : undefined
    if (this.#idleSince === undefined || now() - this.#idleSince < Duration.toMillis(block)) return
    for (const member of idle) member.dismiss(new TooSlow({ ...member.about, rate: 0 }))
  }
}

/** Asked of everybody twice a second: what there is to say about a member is put together for those alone who go. */
const nothingToExchange = (member: Member, plan: PiecePlan): Dismissed | undefined =>
  plan.complete && (member.pieces.complete || member.link.state().extended?.uploadOnly === true)
    ? new Dismissed({ ...member.about, reason: "nothing to exchange" })
    : undefined

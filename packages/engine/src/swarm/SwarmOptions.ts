import type { Effect } from "effect"
import type { DownloadEvent } from "../DownloadEvent.ts"
import type { Deadlines } from "../peer/Deadlines.ts"
import type { Serving } from "../peer/Serve.ts"
import type { PiecePlan } from "../pieces/PiecePlan.ts"
import type { Need } from "../probe/Need.ts"
import type { Candidates } from "../sources/Candidates.ts"
import type { Gossip } from "../sources/exchange/Gossip.ts"
import type { Sources } from "../sources/Sources.ts"
import type { Unasked } from "../sources/Unasked.ts"
import type { StoredTorrent } from "../storage/PieceStore.ts"
import type { StorageError } from "../storage/StorageError.ts"
import type { Torrent } from "../Torrent.ts"
import type { Member } from "./Member.ts"
import type { Members } from "./Members.ts"
import type { Surroundings } from "./Surroundings.ts"
import type { WebSeedsOptions } from "./web/WebSeeds.ts"

/** What a swarm is made of, and what it is to do when something changes. */
export interface SwarmOptions {
  readonly torrent: Torrent
  /** Whether the torrent's web seeds are asked, and only when nobody else is left. */
  readonly webSeeds: Pick<WebSeedsOptions, "enabled" | "atLast">
  readonly store: StoredTorrent
  readonly plan: PiecePlan
  readonly candidates: Candidates
  readonly sources: Sources
  readonly unasked: ReadonlyArray<Unasked>
  readonly deadlines: Deadlines
  readonly serving: Serving
  /** What members have to have as long as they are here. */
  readonly need: Need | undefined
  readonly inlet: Surroundings["inlet"]
  readonly gossip: Gossip | undefined
  readonly othersWait: (member: Member, members: Members) => boolean
  /** Whether somebody wants something, or lets us have something, has changed. */
  readonly turned: (member: Member) => Effect.Effect<void>
  /** All that was wanted is stored. */
  readonly completed: Effect.Effect<void, StorageError>
  readonly report: (event: DownloadEvent) => Effect.Effect<void>
}

/** How much waits in the queues of a swarm: looked at when somebody asks, and not before. */
import { Effect, Metric, type Scope } from "effect"
import * as Hex from "effect/encoding/Hex"
import type { PiecePlan } from "../pieces/PiecePlan.ts"
import type { Candidates } from "../sources/Candidates.ts"
import type { Members } from "../swarm/Members.ts"
import * as Metrics from "./Metrics.ts"

export interface Queues {
  readonly infoHash: Uint8Array
  readonly plan: PiecePlan
  readonly candidates: Candidates
  readonly members: Members
}

/** For as long as the scope. */
export const queueDepths = ({ candidates, infoHash, members, plan }: Queues): Effect.Effect<void, never, Scope.Scope> =>
  Effect.contextWith((context) => {
    const torrent = Hex.encode(infoHash)
    const requests = () => {
      let sum = 0
      for (const { drain } of members) sum += drain.requests.outstanding
      return sum
    }
    const depths = {
      disk: () => plan.unverified,
      requests,
      pieces: () => plan.inFlight,
      candidates: () => candidates.untried,
    }
    const registrations = Object.entries(depths).map(([queue, depth]) => {
      const gauge = Metric.withAttributes(Metrics.queueDepth, { torrent, queue })
      const nothing = () => {}
      return Metric.registerUnsafe(gauge, context, {
        get: () => ({ value: depth() }),
        update: nothing,
        modify: nothing,
      })
    })
    return Effect.addFinalizer(() => Effect.sync(() => registrations.forEach(({ remove }) => remove())))
  })

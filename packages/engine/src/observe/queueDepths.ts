/** How much waits in the queues of a swarm: looked at when somebody asks, and not before. */
import { Context, Effect, Metric, Scope } from "effect"
import { hexOf } from "../hexOf.ts"
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

/** What has them counted, from when it is run for the first time until the scope ends. */
export const queueDepths = (queues: Queues): Effect.Effect<Effect.Effect<void>, never, Scope.Scope> =>
  Effect.contextWith((context: Context.Context<Scope.Scope>) => {
    let isCounted = false
    const counted = Effect.suspend(() => {
      if (isCounted) return Effect.void
      isCounted = true
      const depths = count(queues, context)
      return Scope.addFinalizer(
        Context.get(context, Scope.Scope),
        Effect.sync(() => depths.forEach(({ remove }) => remove())),
      )
    })
    return Effect.succeed(counted)
  })

const count = ({ candidates, infoHash, members, plan }: Queues, context: Context.Context<never>) => {
  const torrent = hexOf(infoHash)
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
  const nothing = () => {}
  return Object.entries(depths).map(([queue, depth]) => {
    const gauge = Metric.withAttributes(Metrics.queueDepth, { torrent, queue })
    return Metric.registerUnsafe(gauge, context, {
      get: () => ({ value: depth() }),
      update: nothing,
      modify: nothing,
    })
  })
}

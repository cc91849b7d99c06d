/** When nobody is left: whoever deserves it is tried once more, and then we wait for those who may still come, or give up. */
import { Duration, Effect } from "effect"
import type { NoSuitablePeer } from "../probe/NoSuitablePeer.ts"
import type { Candidates } from "../sources/Candidates.ts"
import type { NoPeers } from "../sources/NoPeers.ts"
import type { Verdicts } from "./Verdicts.ts"

/** How often we look whether there is hope, and who has to make room. */
export const overlookEvery = Duration.millis(500)

/** How long is waited, at the least, between two reports that we wait. */
export const waitingEvery = Duration.seconds(30)

export interface Despair {
  /** Ends when there may be any reason to despair. */
  readonly awake: Effect.Effect<void>
  readonly candidates: Candidates
  readonly verdicts: Verdicts
  /** Nobody is here, or on offer, of whom anything could come. */
  readonly isHopeless: () => boolean
  /** Whether somebody may still come. */
  readonly mayWait: () => boolean
  readonly tellWaiting: Effect.Effect<void>
}

/** Looks for ever; fails when there is nobody to wait for. */
export const despair = ({
  awake,
  candidates,
  isHopeless,
  mayWait,
  tellWaiting,
  verdicts,
}: Despair): Effect.Effect<never, NoSuitablePeer | NoPeers> => {
  const waiting = Effect.andThen(tellWaiting, Effect.raceFirst(candidates.change, Effect.sleep(waitingEvery)))
  const look = Effect.gen(function* () {
    yield* Effect.andThen(Effect.sleep(overlookEvery), awake)
    if (!isHopeless()) return
    yield* Effect.catch(verdicts.nobodyLeft, (error) => (mayWait() ? waiting : Effect.fail(error)))
  })
  return Effect.forever(look)
}

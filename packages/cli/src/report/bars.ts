/**
 * The phases of a peer's probe as bars.
 *
 * How long a peer took is what the probe has measured, the same as in the table; the moments at which it was told that a phase was over come later where much is going on, and what lies between is ours:
 * a connection waits for one of our seats, and a verdict for us to look at it.
 */
import { Duration } from "effect"
import type { Finding } from "../render/Finding.ts"
import type { Bar, Phase } from "./Report.ts"
import type { Times } from "./Timeline.ts"

/** Less of ours is not drawn, in milliseconds: it is the length of a step of the program, and of rounding. */
const noticeable = 10

/** Each phase that was begun. `end` is when its probe was over, or the survey. */
export const barsOf = ({ seen }: Finding, times: Times, end: number): ReadonlyArray<Bar> => {
  const { connected, dialled, parked } = times
  const bars: Array<Bar> = []
  let now = dialled
  const bar = (phase: Phase, to: number) => {
    bars.push({ phase, from: now, to: Math.max(now, to) })
    now = Math.max(now, to)
  }
  const ours = (to: number) => {
    if (to - now >= noticeable) bar("seat", to)
    now = Math.max(now, to)
  }
  const after = (took: Duration.Duration | undefined): number | undefined => took && now + Duration.toMillis(took)

  if (connected === undefined) {
    bar("connect", Math.min(end, after(seen?.elapsed) ?? end))
    ours(end)
    return bars
  }
  bar("connect", after(seen?.connect) ?? connected)
  ours(connected)
  const shaken = after(seen?.handshake)
  bar("handshake", shaken ?? end)
  if (shaken === undefined) return bars
  const known = parked ?? end
  if (known > now) bar("pieces", known)
  if (parked === undefined) return bars
  bar("unchoke", after(seen?.unchoke) ?? end)
  ours(end)
  return bars
}

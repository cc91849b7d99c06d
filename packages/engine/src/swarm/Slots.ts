/**
 * How many peers are served at once: enough to fill our upload, few enough that each gets something worth having.
 *
 * Nobody knows how much our line can send, so it is tried: more slots while all are taken and the rate grows, and those back that brought nothing. A fold, one step a round. Invariant: never
 * more than `mostSlots` of what is sent, and never fewer than `fewest` where that allows it.
 */

/** What a round was like. */
export interface Load {
  /** Bytes a second that were sent since the round before. */
  readonly rate: number
  /** Whether every place was taken, and somebody waited for one. */
  readonly full: boolean
  /** Bytes a second that may be sent; without one, no limit. */
  readonly limit?: number | undefined
}

export interface Slots {
  readonly count: number
  /** Bytes a second when all were taken last. */
  readonly rate: number
  /** How many were added last, and have not proven their worth. */
  readonly tried: number
  /** For so many rounds no more are tried. */
  readonly pause: number
}

/** As many as everybody begins with. */
const fewest = 4

/** However little is sent: several who take slowly may be served beside each other. */
const mostSlow = 8

/** However much is sent. */
const most = 50

/** So many bytes a second warrant one slot more. */
const worthASlot = 512 * 1024

/** With a limit each slot can get at least so many bytes a second, */
const leastShare = 8 * 1024

/** but somebody is always answered, and somebody else beside. */
const fewestLimited = 2

/** The rate has grown where it has by this factor within a round: less comes and goes by itself. */
const growth = 1.05

/** After slots that brought nothing, so many rounds (a minute) pass before more are tried. */
const contentment = 6

/** Before the first round. */
export const initial: Slots = { count: fewest, rate: 0, tried: 0, pause: 0 }

/** The most slots while so much is sent. */
export const mostSlots = ({ limit = Infinity, rate }: Load): number => {
  if (limit <= 0) return 0
  const fed = limit === Infinity ? most : Math.max(fewestLimited, Math.floor(limit / leastShare))
  return Math.min(most, mostSlow + Math.floor(rate / worthASlot), fed)
}

/** The slots of the next round. */
export const next = (before: Slots, load: Load): Slots => {
  const bound = mostSlots(load)
  const within = (count: number) => Math.min(bound, Math.max(fewest, count))
  const { count, pause, rate, tried } = before
  if (!load.full) return { ...before, count: within(count), pause: Math.max(0, pause - 1) }
  const settled = { count: within(count), rate: load.rate, tried: 0, pause: Math.max(0, pause - 1) }
  if (load.rate > rate * growth) {
    if (pause > 0) return settled
    // Where each has plenty there is room for as many again.
    const more = within(load.rate > 2 * worthASlot * count ? 2 * count : count + 1)
    return { ...settled, count: more, tried: Math.max(0, more - count) }
  }
  return tried === 0 ? settled : { ...settled, count: within(count - tried), pause: contentment }
}

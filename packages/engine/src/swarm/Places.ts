/**
 * How many of its peers each torrent of a session serves: all of them share the places that our upload is worth, however many torrents there are.
 *
 * Plain: it is told the time, in milliseconds. Every torrent has rounds of its own (`Choker`); in each it says how many would be served, and is told how many may be. Invariants: never more are served than there are
 * places, but for those who were when there were more, until the next round of their torrent; none has two more than another that wants as many; what is not wanted anybody may have; and where there are fewer
 * places than torrents that want one, each has its turn.
 */
import * as Slots from "./Slots.ts"

/** Between two looks at what the places are worth: a round, and some time more or less by which clocks wake us. */
const lookEvery = 9500

/** After so many looks, a minute, the turn goes on where there are fewer places than torrents. */
const turnAfter = 6

/** What the last round of a torrent was like. */
export interface Demand extends Slots.Load {
  /** How many want to be served. */
  readonly wanted: number
}

/** The share of a torrent, as long as it is served at all. */
export interface Tenant {
  /** A round begins: so many it may serve until the next one. */
  readonly round: (demand: Demand, now: number) => number
  /** In between: so many it may serve now, which are those that it does and what nobody has. */
  readonly most: () => number
  /** So many are served now. */
  readonly use: (served: number) => void
  /** It serves nobody any more. */
  readonly leave: () => void
}

interface Share {
  demand: Demand
  served: number
}

export class Places {
  readonly #limit: number | undefined
  readonly #tenants = new Set<Share>()
  #slots = Slots.initial
  /** By all torrents together. */
  #served = 0
  #looks = 0
  #lookedAt = -Infinity

  /** `limit`: bytes a second that all torrents together send, if there is a limit. */
  constructor(limit: number | undefined) {
    this.#limit = limit
  }

  /** All there are: the one beside the slots is for whoever has nothing to give yet. */
  get all(): number {
    return placesOf(this.#slots.count)
  }

  enter(): Tenant {
    const share: Share = { demand: { wanted: 0, rate: 0, full: false }, served: 0 }
    this.#tenants.add(share)
    const free = () => this.all - this.#served
    const bound = () => mostOf(share.demand)
    return {
      round: (demand, now) => {
        share.demand = demand
        this.#look(now)
        return Math.max(0, Math.min(this.#fairShareOf(share), share.served + free(), bound()))
      },
      most: () => Math.max(share.served, Math.min(bound(), share.served + free())),
      use: (served) => {
        if (!this.#tenants.has(share)) return
        this.#served += served - share.served
        share.served = served
      },
      leave: () => {
        if (this.#tenants.delete(share)) this.#served -= share.served
      },
    }
  }

  /** What was allotted to it, and what was allotted to nobody. */
  #fairShareOf(share: Share): number {
    const tenants = [...this.#tenants]
    const wanted = tenants.map(({ demand }) => Math.min(demand.wanted, mostOf(demand)))
    const shares = allot(wanted, this.all, Math.floor(this.#looks / turnAfter) * this.all)
    const rest = this.all - shares.reduce((sum, places) => sum + places, 0)
    return shares[tenants.indexOf(share)]! + rest
  }

  #look(now: number): void {
    if (now - this.#lookedAt < lookEvery) return
    this.#lookedAt = now
    this.#looks++
    const demands = [...this.#tenants].map(({ demand }) => demand)
    this.#slots = Slots.next(this.#slots, {
      rate: demands.reduce((sum, { rate }) => sum + rate, 0),
      full: demands.some(({ full }) => full),
      limit: this.#limit,
    })
  }
}

/** So many places, one by one to whoever wants more, beginning with that one of those who want any. */
export const allot = (wanted: ReadonlyArray<number>, places: number, turn: number): ReadonlyArray<number> => {
  const shares = wanted.map(() => 0)
  const wanting = wanted.flatMap((wants, index) => (wants > 0 ? [index] : []))
  const first = wanting.length === 0 ? 0 : turn % wanting.length
  let left = places
  let hungry = [...wanting.slice(first), ...wanting.slice(0, first)]
  while (left > 0 && hungry.length > 0) {
    for (const index of hungry.slice(0, left)) shares[index]!++
    left -= Math.min(left, hungry.length)
    hungry = hungry.filter((index) => shares[index]! < wanted[index]!)
  }
  return shares
}

const placesOf = (slots: number): number => (slots > 0 ? slots + 1 : 0)

/** What a limit of the torrent's own allows. */
const mostOf = (demand: Demand): number => (demand.limit === undefined ? Infinity : placesOf(Slots.mostSlots(demand)))

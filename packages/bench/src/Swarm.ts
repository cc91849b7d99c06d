/**
 * Who a tracker says is there: the lists of peers that the clients have to find the good ones in.
 *
 * The kinds are distributed like the fifty peers of a Debian image in one log: 46 % of the addresses dead, 14 % close when they have read the handshake, 12 % refuse
 * the connection, 2 % reset it; the rest shake hands, and of those most never unchoke or have next to nothing, some unchoke with the next round, and few are good.
 */
import { port } from "./clients/Client.ts"
import { random, shuffled } from "./random.ts"

/** What loadgen plays. */
export type Mode = "good" | "slow" | "choke" | "incomplete" | "hangup" | "reset" | "refuse" | "blackhole"

export interface Peer {
  readonly address: string
  readonly port: number
  readonly mode: Mode
  /** Bytes a second that it sends at most; no limit if not given. */
  readonly rate?: number | undefined
  /** A round trip to it, in milliseconds: it answers so much later than it was asked. */
  readonly distance?: number | undefined
  /** What it has of the torrent, where that is not all of it. */
  readonly part?: Part | undefined
}

/** Pieces by lot, so many percent of all; those with a place from 0 to `places` - 1 have everything between them. */
export interface Part {
  readonly percent: number
  readonly place: number
  readonly places: number
}

/** A tracker's answer, in its order. */
export type Swarm = ReadonlyArray<Peer>

/** How many of which kind, and where the good ones are. */
export interface Census {
  readonly counts: Readonly<Partial<Record<Mode, number>>>
  /** Places in the list that the good ones have; anywhere if not given. */
  readonly goodAt?: ReadonlyArray<number>
  /** Bytes a second that a good one sends at most. */
  readonly rate?: number
  /** Milliseconds of a round trip to a good one. */
  readonly distance?: number
  /** How much of the torrent a good one has, in percent; they have everything between them. */
  readonly percent?: number
}

export const nobody: Census = { counts: {} }

export const alone: Census = { counts: { good: 1 } }

/** 2 good ones, anywhere. */
export const fifty: Census = {
  counts: { blackhole: 23, hangup: 7, refuse: 6, reset: 1, choke: 5, incomplete: 4, slow: 2, good: 2 },
}

/** 1 good one, the last but three. */
export const twoHundred: Census = {
  counts: { blackhole: 92, hangup: 28, refuse: 24, reset: 4, choke: 22, incomplete: 20, slow: 9, good: 1 },
  goodAt: [196],
}

/** 1 good one at the end of a list that is dead otherwise. */
export const twoThousand: Census = {
  counts: { blackhole: 1200, refuse: 799, good: 1 },
  goodAt: [1999],
}

/** The fifty twenty times over. */
export const thousand: Census = {
  counts: { blackhole: 460, hangup: 140, refuse: 120, reset: 20, choke: 100, incomplete: 80, slow: 40, good: 40 },
}

/** Peers that have everything and unchoke nobody. */
export const choking = (count: number): Census => ({ counts: { choke: count } })

/** So many peers that have everything, and send at most so many bytes a second each. */
export const seeds = (count: number, rate?: number): Census => ({
  counts: { good: count },
  ...(rate !== undefined && { rate }),
})

/** A peer that has everything and answers so many milliseconds after it was asked. */
export const distant = (distance: number): Census => ({ ...alone, distance })

/** So many peers of which nobody has everything. */
export const parts = (count: number, percent: number, rate?: number): Census => ({ ...seeds(count, rate), percent })

/** What a `slow` peer waits before it unchokes, in milliseconds: a round of the usual choker. */
export const slowness = 10_000

/**
 * The census as a list: another `layout` shuffles it another way, and gives its peers other addresses, because clients order what a tracker says by address (BEP 40).
 * `network` is the first byte of the addresses.
 */
export const swarm = (census: Census, layout: number, network: number): Swarm => {
  const next = random(layout + 1)
  const all = Object.entries(census.counts) as ReadonlyArray<[Mode, number]>
  const kinds = all.flatMap(([mode, count]) => Array.from({ length: count }, () => mode))
  const modes = census.goodAt === undefined ? shuffled(kinds, next) : placed(kinds, census.goodAt, next)
  const addresses = distinctAddresses(modes.length, layout, network, next)
  const { distance, percent, rate } = census
  const places = modes.filter((mode) => mode === "good").length
  let place = 0
  return modes.map((mode, index) => ({
    address: addresses[index] as string,
    port: 6881,
    mode,
    ...(mode === "good" && {
      rate,
      distance,
      part: percent === undefined ? undefined : { percent, place: place++, places },
    }),
  }))
}

/** Where the rivals of a client are: addresses that no layout has. */
export const rivals = (count: number, network: number): ReadonlyArray<Pick<Peer, "address" | "port">> =>
  Array.from({ length: count }, (_, index) => ({ address: `${network}.250.0.${index + 1}`, port }))

const placed = (kinds: ReadonlyArray<Mode>, goodAt: ReadonlyArray<number>, next: () => number): ReadonlyArray<Mode> => {
  const others = [
    ...shuffled(
      kinds.filter((mode) => mode !== "good"),
      next,
    ),
  ]
  return kinds.map((_, index) => (goodAt.includes(index) ? "good" : (others.pop() as Mode)))
}

/** The second byte differs from layout to layout, so that all of them can be up at once; 0 and 255 are left out where they could mean a network. */
const distinctAddresses = (
  count: number,
  layout: number,
  network: number,
  next: () => number,
): ReadonlyArray<string> => {
  const byte = (from: number, to: number) => from + Math.floor(next() * (to - from + 1))
  const found = new Set<string>()
  while (found.size < count)
    found.add(`${network}.${byte(16 * layout + 1, 16 * layout + 16)}.${byte(0, 255)}.${byte(1, 254)}`)
  return [...found]
}

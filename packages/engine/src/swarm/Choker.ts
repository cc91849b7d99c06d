/**
 * Whom we serve: decided anew in rounds, 10 s apart, and in between where a place is free.
 *
 * Who gives us most has a slot (tit for tat). What the givers leave over goes in turn to all who are interested, and one place more, the optimistic one, to somebody at random, since who has
 * nothing yet cannot give. While we seed nobody gives: every place goes in turn, and who takes faster stays longer.
 *
 * A fold that counts rounds and knows no clock. Invariants: after a round only who is interested and not excluded is unchoked, and never more than there are places; whoever was choked is
 * not unchoked before a whole round has passed; while we seed nobody keeps a place longer than `longestStay` rounds if others wait, and they come up in the order in which they began to wait:
 * of `n` of them each is served within `longestStay × n` rounds.
 */

import { stayersOf } from "./stayersOf.ts"

/** What counts of a peer. */
export interface Applicant<Peer> {
  readonly peer: Peer
  readonly interested: boolean
  /** Must not be served, whatever it says. */
  readonly excluded?: boolean | undefined
  /** Bytes a second that it gave us, over the last 20 s or so. */
  readonly gives: number
  /** Bytes a second that it took, over the last 20 s or so. */
  readonly takes: number
}

/** What a round is decided by, besides what was before. */
export interface Round<Peer> {
  /** All who are connected. */
  readonly peers: ReadonlyArray<Applicant<Peer>>
  /** How many are served, the optimistic one among them, unless there is but one; 0 serves nobody. */
  readonly places: number
  /** Whether there is nothing left that anybody could give us. */
  readonly seeding: boolean
  /** From 0 to below 1, at random: who becomes the optimistic one. */
  readonly chance: number
}

/** Who is served, and what has to be remembered for the next round. */
export interface Choker<Peer> {
  /** How many rounds there were. */
  readonly round: number
  /** Who may ask us. */
  readonly unchoked: ReadonlySet<Peer>
  /** How many may be unchoked until the next round. */
  readonly places: number
  /** Whether nobody can give us anything: then free places go in turn. */
  readonly seeding: boolean
  /** The one that has its place by chance. */
  readonly optimistic: Lucky<Peer> | undefined
  readonly memory: ReadonlyMap<Peer, Memory>
}

interface Lucky<Peer> {
  readonly peer: Peer
  readonly since: number
}

/** Numbers of rounds; what happens between two of them counts for the later one. */
interface Memory {
  readonly came: number
  /** Since when it is unchoked, where it is. */
  readonly unchoked: number
  /** When it was choked last. */
  readonly choked: number
  /** Since when it waits, where it does. */
  readonly queued: number
  /** How fast it took when it was served last, where it was. */
  readonly took: number | undefined
}

/** The optimistic place moves after so many rounds: 30 s. */
const optimisticStay = 3

/** Who has come less than so many rounds ago is a newcomer, and so many times as likely to become the optimistic one. */
const newFor = 6
const newcomersWeight = 3

const never = -1

/** Nobody is connected yet. */
export const initial = <Peer>(): Choker<Peer> => ({
  round: 0,
  unchoked: new Set(),
  places: 0,
  seeding: false,
  optimistic: undefined,
  memory: new Map(),
})

/** Decides a round, 10 s after the one before. */
export const next = <Peer>(before: Choker<Peer>, { chance, peers, places, seeding }: Round<Peer>): Choker<Peer> => {
  const round = before.round + 1
  const earned = seeding || places < 2 ? places : places - 1
  const { known, served, waiting } = sort(before, peers, round)
  const unchoked = new Set<Peer>()
  const admit = (some: ReadonlyArray<Applicant<Peer>>, most: number) => {
    for (const { peer } of some) if (unchoked.size < most) unchoked.add(peer)
  }

  const givers = seeding ? [] : giversOf([...served, ...waiting])
  admit(givers.slice(0, 1), earned)
  // Who was unchoked since the last round has hardly had the time to ask.
  const fresh = served.filter(({ peer }) => known(peer).unchoked === round)
  admit(fresh, places)
  admit(givers, earned)

  const lucky = before.optimistic
  const inTurn = served.filter(({ peer }) => (seeding || peer !== lucky?.peer) && !unchoked.has(peer))
  const pace = paceOf(before, peers)
  const stays = inTurn.map((applicant) => {
    return { applicant, age: round - known(applicant.peer).unchoked, slow: applicant.takes < pace }
  })
  admit(stayersOf(stays, waiting.filter(({ peer }) => !unchoked.has(peer)).length), earned)
  admit(waiting, earned)

  const keepsLuck =
    lucky !== undefined &&
    !seeding &&
    round - lucky.since < optimisticStay &&
    !unchoked.has(lucky.peer) &&
    served.some(({ peer }) => peer === lucky.peer)
  const drawn = draw(
    waiting.filter(({ peer }) => !unchoked.has(peer)),
    ({ peer }) => (round - known(peer).came < newFor ? newcomersWeight : 1),
    chance,
  )
  const optimistic = keepsLuck ? lucky : drawn && { peer: drawn.peer, since: round }
  if (optimistic !== undefined && unchoked.size < places) unchoked.add(optimistic.peer)
  // Nobody waits for a place that is left now.
  admit(
    served.toSorted((a, b) => known(b.peer).unchoked - known(a.peer).unchoked),
    places,
  )

  return {
    round,
    unchoked,
    places,
    seeding,
    optimistic: keptIn(unchoked, optimistic),
    memory: remember(before, peers, unchoked, round),
  }
}

/** How fast those take, in the middle, whom we serve or have served. */
const paceOf = <Peer>(before: Choker<Peer>, peers: ReadonlyArray<Applicant<Peer>>): number => {
  const rates = peers.flatMap(({ peer, takes }) =>
    before.unchoked.has(peer) ? [takes] : (before.memory.get(peer)?.took ?? []),
  )
  return rates.reduce((sum, rate) => sum + rate, 0) / rates.length
}

/**
 * Between two rounds: places that are free, or held by who is no longer interested or connected, go to those who wait; to who gives us something first, unless we seed. To be asked when somebody becomes interested, loses its interest, or
 * leaves; `peers` are all who are connected.
 */
export const fill = <Peer>(before: Choker<Peer>, peers: ReadonlyArray<Applicant<Peer>>): Choker<Peer> => {
  const round = before.round + 1
  const { served, waiting } = sort(before, peers, round - 1)
  const unchoked = new Set(served.map(({ peer }) => peer))
  // Or who gives nothing, and therefore waits longest, would have most of what becomes free.
  const first = before.seeding ? [] : giversOf(waiting)
  for (const { peer } of [...first, ...waiting]) if (unchoked.size < before.places) unchoked.add(peer)
  // Whose interest is gone is choked only where its place is needed: it may come back.
  for (const { peer } of peers) {
    if (before.unchoked.has(peer) && unchoked.size < before.places) unchoked.add(peer)
  }
  if (unchoked.size === before.unchoked.size && [...unchoked].every((peer) => before.unchoked.has(peer))) return before
  const memory = remember(before, peers, unchoked, round)
  return { ...before, unchoked, optimistic: keptIn(unchoked, before.optimistic), memory }
}

/** Whether every place is taken and somebody waits for one: what `Slots` goes by. */
export const isFull = <Peer>({ places, unchoked }: Choker<Peer>, peers: ReadonlyArray<Applicant<Peer>>): boolean =>
  unchoked.size >= places && peers.some((applicant) => isEligible(applicant) && !unchoked.has(applicant.peer))

/** Who has to be told, of those who are connected. */
export const changes = <Peer>(before: Choker<Peer>, after: Choker<Peer>) => ({
  choke: [...before.unchoked].filter((peer) => !after.unchoked.has(peer) && after.memory.has(peer)),
  unchoke: [...after.unchoked].filter((peer) => !before.unchoked.has(peer)),
})

/** Those who may be served: who is, and who waits and was choked before that round, in the order in which they are to be. */
const sort = <Peer>(before: Choker<Peer>, peers: ReadonlyArray<Applicant<Peer>>, round: number) => {
  const known = (peer: Peer) => before.memory.get(peer) ?? arrival(before.round + 1)
  const tookOf = ({ peer }: Applicant<Peer>) => known(peer).took ?? 0
  const eligible = peers.filter(isEligible)
  return {
    known,
    served: eligible.filter(({ peer }) => before.unchoked.has(peer)),
    waiting: eligible
      .filter(({ peer }) => !before.unchoked.has(peer) && known(peer).choked < round)
      .toSorted((a, b) => known(a.peer).queued - known(b.peer).queued || tookOf(b) - tookOf(a)),
  }
}

/** Those who give us something, the best first. */
const giversOf = <Peer>(some: ReadonlyArray<Applicant<Peer>>): ReadonlyArray<Applicant<Peer>> =>
  some.filter(({ gives }) => gives > 0).toSorted((a, b) => b.gives - a.gives)

export const isEligible = <Peer>({ excluded, interested }: Applicant<Peer>): boolean => interested && excluded !== true

const arrival = (round: number): Memory => ({
  came: round,
  unchoked: never,
  choked: never,
  queued: round,
  took: undefined,
})

const remember = <Peer>(
  before: Choker<Peer>,
  peers: ReadonlyArray<Applicant<Peer>>,
  unchoked: ReadonlySet<Peer>,
  round: number,
): ReadonlyMap<Peer, Memory> =>
  new Map(
    peers.map((applicant) => {
      const { peer } = applicant
      const memory = before.memory.get(peer) ?? arrival(round)
      const was = before.unchoked.has(peer)
      const took = was ? applicant.takes : memory.took
      if (unchoked.has(peer)) return [peer, { ...memory, took, unchoked: was ? memory.unchoked : round }]
      if (was) return [peer, { ...memory, took, choked: round, queued: round }]
      return [peer, isEligible(applicant) ? memory : { ...memory, queued: round }]
    }),
  )

const keptIn = <Peer>(unchoked: ReadonlySet<Peer>, lucky: Lucky<Peer> | undefined): Lucky<Peer> | undefined =>
  lucky !== undefined && unchoked.has(lucky.peer) ? lucky : undefined

/** One of them, each as likely as it weighs. */
const draw = <A>(from: ReadonlyArray<A>, weight: (one: A) => number, chance: number): A | undefined => {
  let left = chance * from.reduce((sum, one) => sum + weight(one), 0)
  return from.find((one) => (left -= weight(one)) < 0)
}

/**
 * Who is asked next for what is nearest to a target (BEP 5): plain and synchronous, it sends nothing and knows no clock.
 *
 * The closest first, four at a time; who has said nothing for two seconds holds up nobody any more, is asked once more when there is nothing better to do, and is given up after ten. Entrances, of whom only the address is
 * known, hold up nobody at all: they are asked beside the others. It is over when the eight closest
 * that one hears of have answered, and of those whose id fits their address (BEP 42) the eight closest too: who makes up ids around a target hides nobody. There are two ways there, and each has to come near: who names his like alone bars one. Whoever names nodes that do not answer is believed no more.
 * Invariants: at most `maxPackets` questions, each node at most two, each network at most `maxPerNetwork` nodes; so it ends, whatever it is told.
 */
import { type Candidate, type Circle, circles, isBelieved, k, paths, waitedFor } from "./Candidate.ts"
import * as Endpoint from "./Endpoint.ts"
import * as Id from "./Id.ts"
import type { Contact } from "./Krpc.ts"

/** Questions that are waited for at a time. */
export const alpha = 4
/** Of entrances so many are asked at once, and as many after so many milliseconds: many of them may be long gone. */
export const entrancesAtOnce = 16
const entrancePatience = 200
/** Milliseconds after which others are asked beside a node that is silent. */
export const patience = 2000
/** Milliseconds after which an answer is no longer expected. */
export const deadline = 10_000
/** Questions of one lookup, those that were repeated included. */
export const maxPackets = 60
/** Nodes of one network that are asked: whoever has one has hundreds of addresses. */
const maxPerNetwork = 2
/** Nodes taken of one answer. */
const namedAtMost = k

export class Lookup {
  readonly target: Id.Id
  /** Questions so far. */
  packets = 0
  /** Hops to the farthest node that answered. */
  rounds = 0
  /** Nodes that were asked, each once, however often. */
  asked = 0
  /** Nodes that answered. */
  answers = 0
  /** The closest first. */
  readonly #candidates: Array<Candidate> = []
  /** Those without an id, until they answer; the newest first. */
  readonly #entrances: Array<Candidate> = []
  /** Those that were asked at once, the last time. */
  #batch = { at: -Infinity, size: 0 }
  readonly #byEndpoint = new Map<Endpoint.Endpoint, Candidate>()
  readonly #askedOfNetwork = new Map<string, number>()

  constructor(target: Id.Id, known: Iterable<Contact | Endpoint.Endpoint>) {
    this.target = target
    this.learn(known)
  }

  /** These are known too; entrances are asked before those that were known. */
  learn(known: Iterable<Contact | Endpoint.Endpoint>): void {
    const before = this.#entrances.splice(0)
    for (const one of known) {
      if (typeof one === "string") this.#add(one, undefined, undefined)
      else this.#add(one.endpoint, one.id, undefined)
    }
    this.#entrances.push(...before)
  }

  /** Whom to ask now; it counts as asked. */
  next(now: number): Candidate | undefined {
    this.#notice(now)
    if (this.packets >= maxPackets) return undefined
    const candidate = this.#nextEntrance(now) ?? (waitedFor(this.#candidates) < alpha ? this.#nearest : undefined)
    if (candidate === undefined) return undefined
    if (candidate.state === "new") {
      this.#count(candidate)
      this.asked++
    }
    candidate.state = "asked"
    candidate.tries++
    candidate.askedAt = now
    this.packets++
    return candidate
  }

  /** It answered, as this node, and named these. */
  answered(
    candidate: Candidate,
    id: Id.Id,
    { contacts, token }: { readonly contacts: ReadonlyArray<Contact>; readonly token?: string | undefined },
  ): void {
    if (candidate.state === "answered") return
    const isWhoItShouldBe = candidate.id === undefined || candidate.id === id
    if (candidate.state === "silent" || candidate.state === "failed") this.#blame(candidate, -1)
    if (isWhoItShouldBe) for (const informant of candidate.informants) informant.goodNames++
    else this.#blame(candidate, 1)
    candidate.state = "answered"
    candidate.token = token
    this.answers++
    this.rounds = Math.max(this.rounds, candidate.depth)
    if (candidate.id !== id) this.#rename(candidate, id)
    const nearest = contacts.toSorted((a, b) => Id.compare(this.target, a.id, b.id)).slice(0, namedAtMost)
    for (const contact of nearest) {
      if (Endpoint.mayName(candidate.endpoint, contact.endpoint)) this.#add(contact.endpoint, contact.id, candidate)
    }
  }

  /** It will not answer: it refused, or its time is over. */
  failed(candidate: Candidate): void {
    if (candidate.state === "asked") this.#blame(candidate, 1)
    if (candidate.state !== "answered") candidate.state = "failed"
  }

  /** Whether nobody is left to ask, and nobody to wait for. */
  isOver(now: number): boolean {
    this.#notice(now)
    if (waitedFor(this.#candidates) > 0 || (this.#needsEntrance && waitedFor(this.#entrances) > 0)) return false
    if (this.packets >= maxPackets) return true
    return this.#entrance("new") === undefined && this.#nearest === undefined
  }

  /** When the next of those that were asked will count as silent; `Infinity` when nobody is waited for. */
  get nextTime(): number {
    let next = Infinity
    for (const { askedAt, state } of this.#all()) {
      if (state === "asked") next = Math.min(next, askedAt + patience)
    }
    const hasMore = this.packets < maxPackets && this.#entrance("new") !== undefined
    return hasMore ? Math.min(next, this.#batch.at + entrancePatience) : next
  }

  /** The closest that answered, those of each circle: as a rule `k`, at most 22. */
  get closest(): ReadonlyArray<Candidate> {
    const answered = this.#candidates.filter(({ state }) => state === "answered")
    return [...new Set(circles.flatMap(({ isIn, places }) => answered.filter(isIn).slice(0, places)))]
  }

  *#all(): Generator<Candidate> {
    yield* this.#entrances
    yield* this.#candidates
  }

  /** Whether not enough have answered to need nobody any more of whom only the address is known. */
  get #needsEntrance(): boolean {
    return this.answers < k
  }

  #nextEntrance(now: number): Candidate | undefined {
    const entrance = this.#entrance("new")
    if (entrance === undefined) return undefined
    if (now - this.#batch.at >= entrancePatience) this.#batch = { at: now, size: 0 }
    if (this.#batch.size >= entrancesAtOnce) return undefined
    this.#batch.size++
    return entrance
  }

  #entrance(wanted: "new" | "silent"): Candidate | undefined {
    if (!this.#needsEntrance) return undefined
    return this.#entrances.find(
      (candidate) =>
        candidate.state === wanted && candidate.tries < 2 && (wanted === "silent" || this.#isOnOffer(candidate)),
    )
  }

  /** Who leads nowhere better is asked once more only where nobody has answered. */
  get #nearest(): Candidate | undefined {
    const known = this.#best("new") ?? this.#best("silent")
    return known ?? (this.answers === 0 ? this.#entrance("silent") : undefined)
  }

  #notice(now: number): void {
    for (const candidate of this.#all()) {
      if (candidate.state !== "asked" || now - candidate.askedAt < patience) continue
      candidate.state = "silent"
      this.#blame(candidate, 1)
    }
  }

  #best(wanted: "new" | "silent"): Candidate | undefined {
    for (const circle of circles) {
      const candidate = this.#among(wanted, circle)
      if (candidate !== undefined) return candidate
    }
    return undefined
  }

  /** The closest in this state that has a place in the circle. The silent hold no place. */
  #among(wanted: "new" | "silent", { isIn, places: all }: Circle): Candidate | undefined {
    let places = all
    for (const candidate of this.#candidates) {
      if (places === 0) return undefined
      if (!isIn(candidate)) continue
      switch (candidate.state) {
        case "answered":
        case "asked":
          places--
          break
        case "new":
          if (!this.#isOnOffer(candidate)) break
          if (wanted === "new") return candidate
          places--
          break
        case "silent":
          if (wanted === "silent" && candidate.tries < 2 && isBelieved(candidate)) return candidate
          break
        case "failed":
          break
      }
    }
    return undefined
  }

  #isOnOffer(candidate: Candidate): boolean {
    return (
      isBelieved(candidate) && (this.#askedOfNetwork.get(Endpoint.networkOf(candidate.endpoint)) ?? 0) < maxPerNetwork
    )
  }

  #count(candidate: Candidate): void {
    const network = Endpoint.networkOf(candidate.endpoint)
    this.#askedOfNetwork.set(network, (this.#askedOfNetwork.get(network) ?? 0) + 1)
  }

  #blame(candidate: Candidate, names: number): void {
    for (const informant of candidate.informants) informant.badNames += names
  }

  #add(endpoint: Endpoint.Endpoint, id: Id.Id | undefined, informant: Candidate | undefined): void {
    const known = this.#byEndpoint.get(endpoint)
    if (known !== undefined) {
      // Who is named by several is believed as long as one of them is. A few are enough to remember.
      if (informant && known.state === "new" && known.id === id && known.informants.length < k) {
        if (known.informants.length > 0) known.informants.push(informant)
      }
      return
    }
    const candidate: Candidate = {
      id,
      endpoint,
      valid: id !== undefined && Id.isValidAt(id, endpoint),
      depth: informant === undefined ? 0 : informant.depth + 1,
      path: informant === undefined ? this.#byEndpoint.size % paths : informant.path,
      informants: informant === undefined ? [] : [informant],
      goodNames: 0,
      badNames: 0,
      state: "new",
      tries: 0,
      askedAt: 0,
      token: undefined,
    }
    this.#byEndpoint.set(endpoint, candidate)
    if (id === undefined) this.#entrances.push(candidate)
    else this.#insert(candidate, id)
  }

  #rename(candidate: Candidate, id: Id.Id): void {
    const among = candidate.id === undefined ? this.#entrances : this.#candidates
    among.splice(among.indexOf(candidate), 1)
    candidate.id = id
    candidate.valid = Id.isValidAt(id, candidate.endpoint)
    this.#insert(candidate, id)
  }

  #insert(candidate: Candidate, id: Id.Id): void {
    let low = 0
    let high = this.#candidates.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (Id.compare(this.target, this.#candidates[middle]!.id!, id) <= 0) low = middle + 1
      else high = middle
    }
    this.#candidates.splice(low, 0, candidate)
  }
}

/**
 * A whole DHT of our own nodes in memory, under a time of its own: plain callbacks in the order of their times, nothing else.
 *
 * Packets are lost, late and out of order; some nodes lie; some leave and others come. The same seed gives the same course. Invariants: a packet goes from who sent it to who is at its address, or nowhere; nobody knows
 * more than what packets told it, after the tables that all begin with.
 */
import { Endpoint, Id, Krpc, type Lookup, Node, type Random } from "@unchoke/dht/internal"
import { Duration, Result } from "effect"
import { acquaint, type Inhabitant, nearestValid, seeded } from "./network/dhtNodes.ts"
import { Heap } from "./network/Heap.ts"

export { acquaint, nearestValid, seeded } from "./network/dhtNodes.ts"

/** How many nodes there are, and what they and the network are like. */
export interface Shape {
  readonly nodes: number
  /** Of all packets. */
  readonly loss: number
  /** Of all nodes: those that answer with what is not true. */
  readonly liars: number
  /** Of all nodes: those that have left between announcing and looking, and as many that have come. */
  readonly churn: number
  /** Each announced by one node and looked for by others. */
  readonly torrents: number
  readonly seekersOfEach: number
  /** Who surrounds every torrent with ids that were made for it: how many addresses, and in how many networks. */
  readonly besiegers?: { readonly addresses: number; readonly networks: number; readonly obeyBep42: boolean }
  readonly seed: number
}

/** How a lookup went. */
export interface Looked {
  readonly found: boolean
  readonly packets: number
  readonly rounds: number
  readonly millis: number
  /** When the peer was found. */
  readonly foundAfter: number
  /** Of those that were closest in the end: how many besiege the torrent. */
  readonly besieging: number
}

/** How the searches of a course went. */
export interface Outcome {
  readonly looked: ReadonlyArray<Looked>
  /** Announces that somebody took. */
  readonly announced: number
  readonly packets: number
}

const announcePort = 6881

/** Plays one course from its beginning to its end. */
export const play = (shape: Shape): Outcome => new SimulatedDht(shape).play()

/** One course, and its nodes to look at. */
export class SimulatedDht {
  readonly #shape: Shape
  readonly #random: Random
  readonly #below: (limit: number) => number
  readonly #agenda = new Heap<() => void>()
  readonly #inhabitants = new Map<Endpoint.Endpoint, Inhabitant>()
  readonly #besiegers = new Set<Endpoint.Endpoint>()
  /** Who is no node, and what it does with what it hears. */
  readonly #visitors = new Map<Endpoint.Endpoint, (packet: Uint8Array) => void>()
  #now = 0
  #packets = 0

  constructor(shape: Shape) {
    this.#shape = shape
    this.#random = seeded(shape.seed)
    this.#below = (limit) => this.#random.below(limit)
  }

  /** Plays it to its end; once. */
  play(): Outcome {
    const { churn, nodes, seekersOfEach, torrents } = this.#shape
    const targets = Array.from({ length: torrents }, () => Id.random(this.#random))
    for (let i = 0; i < nodes; i++) this.#settle()
    for (const target of targets) this.#besiege(target)
    acquaint([...this.#inhabitants.values()], this.#now, this.#random)
    const announcers = targets.map(() => this.#anyHonest())
    let announced = 0
    for (const [index, target] of targets.entries()) {
      const node = announcers[index]!
      this.#at(index * 1000, () => this.#announce(node, target, (taken) => void (announced += taken > 0 ? 1 : 0)))
    }
    const settled = torrents * 1000 + 30_000
    const moves = Math.floor(nodes * churn)
    const isKept = new Set(announcers)
    for (let i = 0; i < moves; i++) this.#at(settled + (i * 600_000) / moves, () => this.#replaceOne(isKept))
    const looked: Array<Looked> = []
    const begin = settled + 660_000
    for (const [index, target] of targets.entries()) {
      for (let i = 0; i < seekersOfEach; i++) {
        this.#at(begin + (index * seekersOfEach + i) * 500, () => {
          const peer = Endpoint.withPort(announcers[index]!.endpoint, announcePort)
          this.#look(this.#anyHonest(), target, peer, (one) => looked.push(one))
        })
      }
    }
    const end = begin + torrents * seekersOfEach * 500 + 120_000
    this.#runUntil(end, () => looked.length === torrents * seekersOfEach)
    return { looked, announced, packets: this.#packets }
  }

  /** Begins what `live` goes on with. */
  begin(): void {
    for (let i = 0; i < this.#shape.nodes; i++) this.#settle()
    acquaint([...this.#inhabitants.values()], this.#now, this.#random)
  }

  /**
   * Goes on for so long: each second a stranger announces a torrent to somebody, each minute somebody leaves and another comes, and each minute somebody announces a torrent and another looks for it. How the looks went
   * is told.
   */
  live(time: Duration.Input, told: (looked: Looked) => void): void {
    const from = this.#now
    const millis = Duration.toMillis(time)
    for (let at = 0; at < millis; at += 1000) this.#at(from + at, () => this.#strangerCalls(this.#anyHonest()))
    for (let at = 0; at < millis; at += 60_000) this.#at(from + at, () => this.#replaceOne(new Set()))
    for (let at = 0; at < millis; at += 60_000) {
      const target = Id.random(this.#random)
      this.#at(from + at, () => {
        const announcer = this.#anyHonest()
        const peer = Endpoint.withPort(announcer.endpoint, announcePort)
        this.#announce(announcer, target, () => this.#look(this.#anyHonest(), target, peer, told))
      })
    }
    this.#runUntil(from + millis, () => false)
    this.#now = from + millis
  }

  /** Peers that are kept, nodes that are known, over all nodes. */
  get kept(): { readonly peers: number; readonly known: number } {
    let peers = 0
    let known = 0
    for (const { node } of this.#inhabitants.values()) {
      peers += node.peers.size
      known += node.table.size
    }
    return { peers, known }
  }

  #runUntil(end: number, isOver: () => boolean): void {
    for (let next = this.#agenda.nextTime; next !== undefined && next <= end; next = this.#agenda.nextTime) {
      if (isOver()) return
      this.#now = next
      this.#agenda.pop()()
    }
  }

  /** One who is no node of ours: asks for a torrent, and announces it with the token of the answer; nobody is there to be asked back. */
  #strangerCalls({ endpoint }: Inhabitant): void {
    const stranger = this.#freshEndpoint()
    const target = Id.random(this.#random)
    const ask = (question: Krpc.Question) => {
      const id = Id.random(this.#random)
      const query = { _tag: "Query", transaction: "aa", id, readOnly: false, want: [], question } as const
      this.#send(Krpc.print(query), stranger, endpoint)
    }
    this.#visitors.set(stranger, (packet) => {
      const message = Result.getOrUndefined(Krpc.parse(packet))
      if (message?._tag !== "Response" || message.answer.token === undefined) return
      ask({ method: "announce_peer", target, port: announcePort, token: message.answer.token, seed: false })
    })
    this.#at(this.#now + 5000, () => this.#visitors.delete(stranger))
    ask({ method: "get_peers", target })
  }

  #at(time: number, act: () => void): void {
    this.#agenda.push(time, act)
  }

  #freshEndpoint(network?: string): Endpoint.Endpoint {
    for (;;) {
      const bytes = this.#random.bytes(6)
      if (network !== undefined) for (let i = 0; i < 3; i++) bytes[i] = network.charCodeAt(i)
      const endpoint = Endpoint.fromBytes(bytes)!
      if (!Endpoint.isReachable(endpoint) || Endpoint.isLocal(endpoint)) continue
      if (!this.#inhabitants.has(endpoint)) return endpoint
    }
  }

  #settle(isLiar = this.#below(1000) < this.#shape.liars * 1000): Inhabitant {
    const endpoint = this.#freshEndpoint()
    return this.#place(endpoint, Id.fromAddress(endpoint, this.#random), isLiar)
  }

  #place(endpoint: Endpoint.Endpoint, id: Id.Id, isLiar: boolean): Inhabitant {
    const send = (packet: Uint8Array, to: Endpoint.Endpoint) => this.#send(packet, endpoint, to)
    const node = new Node({ family: "IPv4", random: this.#random, now: this.#now, send, id })
    const inhabitant: Inhabitant = { endpoint, node, isLiar, dueAt: Infinity }
    this.#inhabitants.set(endpoint, inhabitant)
    if (!isLiar) this.#plan(inhabitant)
    return inhabitant
  }

  /** Nodes whose ids were made to be the nearest to a target. */
  #besiege(target: Id.Id): void {
    const { besiegers } = this.#shape
    if (besiegers === undefined) return
    const networks = Array.from({ length: besiegers.networks }, () => this.#freshEndpoint().slice(0, 3))
    for (let i = 0; i < besiegers.addresses; i++) {
      const endpoint = this.#freshEndpoint(networks[i % networks.length]!)
      const id = besiegers.obeyBep42
        ? nearestValid(endpoint, target, this.#random)
        : Id.sharing(target, 60, this.#random)
      this.#place(endpoint, id, true)
      this.#besiegers.add(endpoint)
    }
  }

  #anyHonest(): Inhabitant {
    const all = [...this.#inhabitants.values()]
    for (;;) {
      const one = all[this.#below(all.length)]!
      if (!one.isLiar && one.node.table.size > 0) return one
    }
  }

  #replaceOne(kept: ReadonlySet<Inhabitant>): void {
    const leaving = this.#anyHonest()
    if (!kept.has(leaving)) this.#inhabitants.delete(leaving.endpoint)
    const entrance = this.#anyHonest().endpoint
    // Of those who tell the truth as many stay, however long it goes on.
    const one = this.#settle(false)
    one.node.enterBy([entrance], true, this.#now)
    this.#plan(one)
  }

  #announce(one: Inhabitant, target: Id.Id, ended: (taken: number) => void): void {
    const announce = (lookup: Lookup) => one.node.announce(lookup, { port: announcePort, seed: true }, ended, this.#now)
    one.node.search({ method: "get_peers", target }, { ended: announce }, this.#now)
    this.#plan(one)
  }

  #look(one: Inhabitant, target: Id.Id, peer: Endpoint.Endpoint, told: (looked: Looked) => void): void {
    const start = this.#now
    let foundAfter = Infinity
    const answered = ({ peers }: Krpc.Answer) => {
      if (peers?.includes(peer)) foundAfter = Math.min(foundAfter, this.#now - start)
    }
    const ended = (lookup: Lookup) => {
      const { closest, packets, rounds } = lookup
      const besieging = closest.filter(({ endpoint }) => this.#besiegers.has(endpoint)).length
      told({ found: foundAfter < Infinity, packets, rounds, millis: this.#now - start, foundAfter, besieging })
    }
    one.node.search({ method: "get_peers", target }, { answered, ended }, this.#now)
    this.#plan(one)
  }

  #send(packet: Uint8Array, from: Endpoint.Endpoint, to: Endpoint.Endpoint): void {
    this.#packets++
    if (this.#below(1_000_000) < this.#shape.loss * 1_000_000) return
    this.#at(this.#now + 20 + this.#below(180), () => {
      const inhabitant = this.#inhabitants.get(to)
      if (inhabitant === undefined) return this.#visitors.get(to)?.(packet)
      if (inhabitant.isLiar) return this.#lie(inhabitant, packet, from)
      inhabitant.node.receive(packet, from, this.#now)
      this.#plan(inhabitant)
    })
  }

  /** A liar answers, and names nodes that nobody is, or its like, nearer to what was asked for than anybody honest; or peers that are none. */
  #lie({ endpoint, node }: Inhabitant, packet: Uint8Array, from: Endpoint.Endpoint): void {
    const query = Result.getOrUndefined(Krpc.parse(packet))
    if (query?._tag !== "Query" || !("target" in query.question)) return
    const { target } = query.question
    const mood = this.#besiegers.has(endpoint) ? 2 : this.#below(4)
    if (mood === 0) return
    const others = mood === 2 ? this.#accomplices(target) : []
    const nodes = Array.from({ length: 8 }, (_, i) => {
      const other = others[i]
      return other === undefined
        ? { id: Id.sharing(target, 20 + this.#below(40), this.#random), endpoint: this.#freshEndpoint() }
        : { id: other.node.id, endpoint: other.endpoint }
    })
    const answer = { nodes, token: "lies", peers: mood === 3 ? [this.#freshEndpoint()] : undefined }
    this.#send(
      Krpc.print({ _tag: "Response", transaction: query.transaction, id: node.id, seen: from, answer }),
      endpoint,
      from,
    )
  }

  #accomplices(target: Id.Id): ReadonlyArray<Inhabitant> {
    const near = [...this.#besiegers].map((endpoint) => this.#inhabitants.get(endpoint)!)
    return near.toSorted((a, b) => Id.compare(target, a.node.id, b.node.id)).slice(0, 8)
  }

  /** A node is called when something of its own is due. */
  #plan(inhabitant: Inhabitant): void {
    const due = Math.max(this.#now + 10, inhabitant.node.nextTime)
    if (inhabitant.dueAt <= due) return
    inhabitant.dueAt = due
    this.#at(due, () => {
      if (inhabitant.dueAt !== due || this.#inhabitants.get(inhabitant.endpoint) !== inhabitant) return
      inhabitant.dueAt = Infinity
      inhabitant.node.tick(this.#now)
      this.#plan(inhabitant)
    })
  }
}

/**
 * A DHT of our own nodes over real sockets, one at each address of a network namespace in which every address is ours: so BEP 42 holds, which exempts local addresses. Whoever besieges a torrent has the nearest ids that
 * BEP 42 allows its addresses, and names its like alone.
 */
import { Endpoint, Id, Krpc, type Lookup, Node, type Random } from "@unchoke/dht/internal"
import { SimulatedDht } from "@unchoke/testkit"
import { Result } from "effect"
import { createSocket } from "node:dgram"

export interface Member {
  readonly endpoint: Endpoint.Endpoint
  readonly node: Node
}

/** Milliseconds between two looks whether something is due. */
const beat = 20
const port = 6881
/** First bytes of addresses that libtorrent takes for the internet's. */
const firstBytes = [5, 23, 31, 37, 46, 50, 62, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 178, 185, 193, 212]

export class Hub {
  readonly #chance: Random
  readonly #networks = new Set<string>()
  readonly #members: Array<Member> = []

  constructor(seed: number) {
    this.#chance = SimulatedDht.seeded(seed)
    setInterval(() => {
      const now = this.now
      for (const { node } of this.#members) if (node.nextTime <= now) node.tick(now)
    }, beat)
  }

  get now(): number {
    return Math.floor(performance.now())
  }

  /** An endpoint in a network (/24) that nobody else is in. */
  freshEndpoint(): Endpoint.Endpoint {
    for (;;) {
      const bytes = this.#chance.bytes(4)
      bytes[0] = firstBytes[this.#chance.below(firstBytes.length)]!
      bytes[3] = 1 + (bytes[3]! % 254)
      const endpoint = Endpoint.withPort(Endpoint.fromHost(String.fromCharCode(...bytes)), port)
      if (this.#networks.has(Endpoint.networkOf(endpoint))) continue
      this.#networks.add(Endpoint.networkOf(endpoint))
      return endpoint
    }
  }

  randomTarget(): Id.Id {
    return Id.random(this.#chance)
  }

  async honest(): Promise<Member> {
    const endpoint = this.freshEndpoint()
    const [node] = await this.#open(endpoint, Id.fromAddress(endpoint, this.#chance), (packet, from) =>
      node.receive(packet, from, this.now),
    )
    const member = { endpoint, node }
    this.#members.push(member)
    return member
  }

  /** So many who surround the target. */
  async besiege(target: Id.Id, count: number): Promise<ReadonlyArray<Member>> {
    const all: Array<Member> = []
    for (let i = 0; i < count; i++) {
      const endpoint = this.freshEndpoint()
      const id = SimulatedDht.nearestValid(endpoint, target, this.#chance)
      const [node, send] = await this.#open(endpoint, id, (packet, from) => {
        const query = Result.getOrUndefined(Krpc.parse(packet))
        if (query?._tag !== "Query" || query.question.method === "announce_peer") return
        const { question, transaction } = query
        const near = "target" in question ? nearest(all, question.target) : undefined
        const answer = { nodes: near, token: question.method === "get_peers" ? "lies" : undefined }
        send(Krpc.print({ _tag: "Response", transaction, id, seen: from, answer }), from)
      })
      all.push({ endpoint, node })
    }
    return all
  }

  acquaint(members: ReadonlyArray<Member>): void {
    SimulatedDht.acquaint(members, this.now, this.#chance)
  }

  async #open(
    endpoint: Endpoint.Endpoint,
    id: Id.Id,
    heard: (packet: Uint8Array, from: Endpoint.Endpoint) => void,
  ): Promise<readonly [Node, (packet: Uint8Array, to: Endpoint.Endpoint) => void]> {
    const socket = createSocket("udp4")
    const send = (packet: Uint8Array, to: Endpoint.Endpoint) =>
      socket.send(packet, Endpoint.portOf(to), addressOf(to), () => {})
    socket.on("message", (packet, { address, port }) => heard(packet, endpointAt(address, port)))
    await new Promise<void>((bound, failed) => {
      socket.once("error", failed)
      socket.bind(Endpoint.portOf(endpoint), addressOf(endpoint), bound)
    })
    return [new Node({ family: "IPv4", random: this.#chance, now: this.now, send, id }), send]
  }
}

/** Looks for a torrent; whether the peer at this address was found. */
export const look = (
  { node }: Member,
  target: Id.Id,
  peer: string,
  now: number,
): Promise<{ readonly found: boolean; readonly lookup: Lookup }> =>
  new Promise((resolve) => {
    let found = false
    const answered = ({ peers = [] }: Krpc.Answer) => {
      found ||= peers.some((one) => addressOf(one) === peer)
    }
    node.search({ method: "get_peers", target }, { answered, ended: (lookup) => resolve({ found, lookup }) }, now)
  })

export const addressOf = (endpoint: Endpoint.Endpoint): string =>
  Array.from({ length: 4 }, (_, i) => endpoint.charCodeAt(i)).join(".")

const endpointAt = (address: string, port: number): Endpoint.Endpoint =>
  Endpoint.withPort(Endpoint.fromHost(String.fromCharCode(...address.split(".").map(Number))), port)

const nearest = (all: ReadonlyArray<Member>, target: Id.Id): ReadonlyArray<Krpc.Contact> =>
  all
    .toSorted((a, b) => Id.compare(target, a.node.id, b.node.id))
    .slice(0, 8)
    .map(({ endpoint, node }) => ({ id: node.id, endpoint }))

/**
 * Packets of the DHT against a live node (BEP 5): a conversation of packets, each behind two bytes of its length, from a few addresses, while time goes by. Those that answer a question of the node's are given its name.
 *
 * Held to: nothing throws; what is sent is a message, is bounded, and to who asked at most so many times what came; tables and stores keep their bounds.
 */
import { Endpoint, Id, Krpc, Node, PeerStore, Random } from "@unchoke/dht/internal"
import { Result } from "effect"
import { check } from "../oracles/check.ts"
import type { Target } from "./Target.ts"

export const krpc: Target = {
  name: "krpc",
  shape: "frames",
  maxLength: 2048,
  workPerByte: 2500,
  samples: () => [...messages.map((message) => conversation([message])), conversation(messages)],
  run: (bytes) => {
    const world = new World()
    let at = 0
    for (let turn = 0; at + 4 <= bytes.length; turn++) {
      const length = ((bytes[at + 2]! << 8) | bytes[at + 3]!) % 1500
      world.hear(bytes.subarray(at + 4, at + 4 + length), turn)
      at += 4 + length
    }
    world.rest()
  },
}

/** The longest that a node says of its own accord. */
const longestQuestion = 250
const amplification = 6

class World {
  #now = 0
  readonly #sent: Array<{ readonly packet: Uint8Array; readonly to: Endpoint.Endpoint }> = []
  readonly #node: Node
  readonly #asked: Array<{ readonly transaction: string; readonly of: Endpoint.Endpoint }> = []

  constructor() {
    let chance = 7
    const random = new Random((length) =>
      Uint8Array.from({ length }, () => {
        chance = (Math.imul(chance, 1103515245) + 12345) >>> 0
        return chance >>> 16
      }),
    )
    this.#node = new Node({
      family: "IPv4",
      random,
      now: 0,
      id: ids[0],
      send: (packet, to) => void this.#sent.push({ packet, to }),
    })
    this.#node.enterBy([peers[0]!], true, 0)
    this.#node.search({ method: "get_peers", target: ids[1]! }, { ended: () => {} }, 0)
    this.#take()
  }

  hear(packet: Uint8Array, turn: number): void {
    this.#now += (turn % 4) * 700
    const from = peers[turn % peers.length]!
    this.#node.receive(packet, from, this.#now)
    this.#look(from, packet.length)
    // The same as the answer to what was asked last, if it is one.
    const message = Result.getOrUndefined(Krpc.parse(packet))
    const asked = this.#asked.pop()
    if (asked === undefined || message === undefined || message._tag === "Query") return
    const answer = Krpc.print({ ...message, transaction: asked.transaction })
    this.#node.receive(answer, asked.of, this.#now)
    this.#look(asked.of, answer.length)
  }

  rest(): void {
    for (let i = 0; i < 30; i++) {
      check(this.#node.nextTime > this.#now - 1 || i === 0, "what is due is not done", this.#node.nextTime, this.#now)
      this.#now = Math.max(this.#now + 10, Math.min(this.#node.nextTime, this.#now + 10_000))
      this.#node.tick(this.#now)
      this.#take()
    }
    check(this.#node.table.size <= 160 * 8, "too many nodes", this.#node.table.size)
    check(this.#node.peers.size <= PeerStore.maxPeers, "too many peers", this.#node.peers.size)
  }

  #look(from: Endpoint.Endpoint, length: number): void {
    let answers = 0
    for (const { message, packet, to } of this.#take()) {
      if (message._tag === "Query") continue
      answers++
      check(to === from, "an answer to somebody else", to, from)
      check(packet.length <= amplification * length, "an answer much longer than its question", packet.length, length)
    }
    check(answers <= 1, "more than one answer", answers)
  }

  #take() {
    return this.#sent.splice(0).map(({ packet, to }) => {
      const message = Result.getOrThrow(Krpc.parse(packet))
      if (message._tag === "Query") {
        check(packet.length <= longestQuestion, "a long question", packet.length)
        this.#asked.push({ transaction: message.transaction, of: to })
      }
      return { message, packet, to }
    })
  }
}

const ids = [1, 2, 3].map((byte) => Id.fromBytes(new Uint8Array(20).fill(byte))!)
const peers = [
  [127, 0, 0, 2, 26, 225],
  [192, 0, 2, 7, 26, 225],
  [198, 51, 100, 7, 0, 53],
].map((bytes) => Endpoint.fromBytes(Uint8Array.from(bytes))!)

const query = { _tag: "Query", transaction: "aa", id: ids[2]!, readOnly: false, want: ["IPv4", "IPv6"] } as const
const target = ids[1]!
const questions: ReadonlyArray<Krpc.Question> = [
  { method: "ping" },
  { method: "find_node", target },
  { method: "get_peers", target, scrape: true },
  { method: "announce_peer", target, port: 6881, token: "12345678", seed: true },
  { method: "sample_infohashes", target },
]
const messages: ReadonlyArray<Krpc.Message> = [
  ...questions.map((question) => ({ ...query, question })),
  {
    _tag: "Response",
    transaction: "aa",
    id: ids[2]!,
    seen: peers[1],
    answer: {
      nodes: [
        { id: target, endpoint: peers[1]! },
        { id: ids[2]!, endpoint: peers[2]! },
      ],
      peers: [peers[1]!],
      token: "token",
      samples: ids,
      stored: 3,
      interval: 60,
      seeds: new Uint8Array(256),
    },
  },
  { _tag: "Refusal", transaction: "aa", code: 203, words: "no" },
]

const conversation = (messages: ReadonlyArray<Krpc.Message>): Uint8Array =>
  Uint8Array.from(
    messages.flatMap((message) => {
      const packet = Krpc.print(message)
      return [0, 0, packet.length >> 8, packet.length & 0xff, ...packet]
    }),
  )

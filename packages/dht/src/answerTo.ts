/**
 * What a node answers (BEP 5, 32, 33, 51).
 *
 * Never much more than was asked: whoever puts somebody else's address on a question turns us into a weapon otherwise. What does not fit is left out: nodes first fill the room, then peers.
 */
import type { NetAddress } from "effect/net"
import { BloomFilter } from "./BloomFilter.ts"
import * as Endpoint from "./Endpoint.ts"
import type * as Id from "./Id.ts"
import { type Answer, code, type Contact, type Query } from "./Krpc.ts"
import { k } from "./Candidate.ts"
import type { PeerStore } from "./PeerStore.ts"
import type { Random } from "./Random.ts"
import type { RoutingTable } from "./RoutingTable.ts"
import type { Tokens } from "./Tokens.ts"

/** What a node knows. */
export interface Knowledge {
  readonly peers: PeerStore
  readonly tokens: Tokens
  readonly random: Random
  /** Of each family that we speak. */
  readonly table: (family: NetAddress.IpFamily) => RoutingTable | undefined
}

/** An answer is at most so many times as long as its question. */
export const amplification = 6
/** No answer is longer: it has to fit into one frame wherever it comes by. */
export const longestAnswer = 1200
/** Seconds after which other samples are given (BEP 51). */
const sampleInterval = 60

/** Bytes of an answer beside what is listed. */
const frame = 120
const bytesOf = { IPv4: { node: 26, peer: 8 }, IPv6: { node: 38, peer: 21 } } as const
const bloomBytes = 2 * 256 + 20

export type Refused = (typeof code)[keyof typeof code]

/** The answer to a query of that many bytes, or the code of a refusal. */
export const answerTo = (
  { id, question, want }: Query,
  from: Endpoint.Endpoint,
  queryBytes: number,
  known: Knowledge,
  now: number,
): Answer | Refused => {
  const family = Endpoint.familyOf(from)
  const isAtHome = Endpoint.isLocal(from)
  let room = Math.min(amplification * queryBytes, longestAnswer) - frame
  const nodesFor = (target: Id.Id): Answer => {
    const near = (of: NetAddress.IpFamily): ReadonlyArray<Contact> | undefined => {
      if (!(want.length === 0 ? of === family : want.includes(of))) return undefined
      const count = Math.min(k, Math.floor(room / bytesOf[of].node))
      // Nobody is told of itself, nor the internet of our neighbours.
      const isFit = (node: Contact) => node.id !== id && (isAtHome || !Endpoint.isLocal(node.endpoint))
      const nodes = known.table(of)?.closest(target, Math.max(0, count), isFit) ?? []
      room -= nodes.length * bytesOf[of].node
      return nodes
    }
    return { nodes: near("IPv4"), nodes6: near("IPv6") }
  }
  switch (question.method) {
    case "ping":
      return {}
    case "find_node":
      return nodesFor(question.target)
    case "get_peers": {
      const token = known.tokens.of(from, question.target, now)
      const stored = question.scrape && room >= bloomBytes ? known.peers.of(question.target, now) : []
      if (stored.length > 0) room -= bloomBytes
      const nodes = nodesFor(question.target)
      const count = Math.max(0, Math.floor(room / bytesOf[family].peer))
      const peers = known.peers
        .sample(question.target, count, known.random, now)
        .filter((peer) => isAtHome || !Endpoint.isLocal(peer))
      return {
        token,
        ...nodes,
        peers: peers.length === 0 ? undefined : peers,
        ...(stored.length === 0
          ? {}
          : {
              seeds: BloomFilter.of(stored.filter(({ isSeed }) => isSeed).map(({ endpoint }) => endpoint)).bytes,
              leechers: BloomFilter.of(stored.filter(({ isSeed }) => !isSeed).map(({ endpoint }) => endpoint)).bytes,
            }),
      }
    }
    case "announce_peer": {
      const { port, seed, target, token } = question
      if (!known.tokens.isValid(token, from, target, now)) return code.protocol
      const peer = port === undefined ? from : Endpoint.withPort(from, port)
      return known.peers.add(target, peer, seed === true, now) ? {} : code.server
    }
    case "sample_infohashes": {
      const nodes = nodesFor(question.target)
      const count = Math.max(0, Math.floor(room / 20))
      return {
        ...nodes,
        interval: sampleInterval,
        stored: known.peers.torrents,
        samples: known.peers.sampleTorrents(count, known.random, now),
      }
    }
  }
}

/**
 * Reads the packets of the DHT.
 *
 * Pure and total: bytes from outside become a message or a fault, never an exception. What a message does not need is not looked at; nothing that is kept is a view of the packet.
 */
import { Bencode, Utf8 } from "@unchoke/protocol"
import { Result } from "effect"
import type { NetAddress } from "effect/net"
import * as ByteString from "./ByteString.ts"
import * as Endpoint from "./Endpoint.ts"
import * as Id from "./Id.ts"
import {
  code,
  type Contact,
  type Fault,
  type Message,
  type Query,
  type Question,
  type Response,
  wanted,
} from "./KrpcMessage.ts"

/** Longer packets are not looked at: honest answers fit into what one frame carries, some clients' into two. */
export const maxPacket = 4096

/** Others' names for their questions; longer ones would be echoed at our cost. */
export const maxTransaction = 20

/** Longest token taken: libtorrent's have 4 bytes, transmission's 8, the longest in the field 20. */
export const maxToken = 64

const limits: Partial<Bencode.Limits> = { maxBytes: maxPacket, maxDepth: 6, maxTokens: 600 }

/** Reads a packet. */
export const parse = (bytes: Uint8Array): Result.Result<Message, Fault> =>
  Result.match(Bencode.decodePrefix(bytes, limits), {
    onFailure: ({ rule }) => Result.fail({ rule }),
    onSuccess: ({ value }) => {
      const members = Bencode.asDictionary(value)
      return members === undefined ? Result.fail({ rule: "not a dictionary" }) : parseMembers(members)
    },
  })

/** The nodes of one family that are written one behind the other; what is left over at the end is ignored. */
export const contactsIn = (bytes: Uint8Array, family: NetAddress.IpFamily, atMost: number): ReadonlyArray<Contact> => {
  const size = Id.length + Endpoint.lengthOf[family]
  const text = ByteString.fromBytes(bytes.subarray(0, size * atMost))
  return Array.from({ length: Math.floor(text.length / size) }, (_, i) => ({
    id: Id.at(text, i * size),
    endpoint: Endpoint.at(text, i * size + Id.length, family),
  }))
}

/** Nodes taken of one answer and family: twice k, since some send more than they should. */
const maxContacts = 16
/** Peers taken of one answer: more do not fit into a frame. */
const maxPeers = 200
const maxSamples = 64

const parseMembers = (members: Bencode.BencodeDictionary): Result.Result<Message, Fault> => {
  const transactionBytes = Bencode.bytes(members, "t")
  if (transactionBytes === undefined || transactionBytes.length > maxTransaction) {
    return Result.fail({ rule: "no transaction" })
  }
  const transaction = ByteString.fromBytes(transactionBytes)
  switch (Bencode.text(members, "y")) {
    case "q":
      return parseQuery(members, transaction)
    case "r":
      return parseResponse(members, transaction)
    case "e": {
      const [code, words] = Bencode.list(members, "e") ?? []
      return Result.succeed({
        _tag: "Refusal",
        transaction,
        code: typeof code === "number" ? code : 0,
        words: words instanceof Uint8Array ? Utf8.toText(words.subarray(0, 100)) : "",
      })
    }
    default:
      return Result.fail({ rule: "neither question nor answer" })
  }
}

const refused = (transaction: string, number: number, words: string): Result.Result<never, Fault> =>
  Result.fail({ rule: words, refusal: { _tag: "Refusal", transaction, code: number, words } })

const parseQuery = (members: Bencode.BencodeDictionary, transaction: string): Result.Result<Query, Fault> => {
  const a = Bencode.dictionary(members, "a")
  const id = a && idOf(a, "id")
  if (id === undefined) return refused(transaction, code.protocol, "invalid id")
  const question = questionOf(Bencode.text(members, "q"), a!)
  if (typeof question === "string") {
    return refused(transaction, question === "unknown method" ? code.unknownMethod : code.protocol, question)
  }
  const want = (Bencode.list(a!, "want") ?? []).map((name) => (name instanceof Uint8Array ? Utf8.toText(name) : ""))
  return Result.succeed({
    _tag: "Query",
    transaction,
    id,
    readOnly: Bencode.integer(members, "ro") === 1,
    want: (["IPv4", "IPv6"] as const).filter((family) => want.includes(wanted[family])),
    question,
  })
}

/** The question, or what is wrong with it. Unknown ones that name a target are taken for `find_node`, as libtorrent does: later BEPs build on it. */
const questionOf = (method: string | undefined, a: Bencode.BencodeDictionary): Question | string => {
  const hash = idOf(a, "info_hash")
  const target = idOf(a, "target")
  switch (method) {
    case undefined:
      return "no method"
    case "ping":
      return { method }
    case "find_node":
      return target === undefined ? "invalid target" : { method, target }
    case "get_peers":
      if (hash === undefined) return "invalid info_hash"
      return { method, target: hash, scrape: Bencode.integer(a, "scrape") === 1 }
    case "sample_infohashes":
      return target === undefined ? "invalid target" : { method, target }
    case "announce_peer": {
      if (hash === undefined) return "invalid info_hash"
      const token = Bencode.bytes(a, "token")
      if (token === undefined || token.length > maxToken) return "invalid token"
      const isImplied = (Bencode.integer(a, "implied_port") ?? 0) !== 0
      const port = Bencode.integer(a, "port")
      if (!isImplied && (port === undefined || port < 1 || port > 65535)) return "invalid port"
      return {
        method,
        target: hash,
        port: isImplied ? undefined : port,
        token: ByteString.fromBytes(token),
        seed: Bencode.integer(a, "seed") === 1,
      }
    }
    default: {
      const about = target ?? hash
      return about === undefined ? "unknown method" : { method: "find_node", target: about }
    }
  }
}

const parseResponse = (members: Bencode.BencodeDictionary, transaction: string): Result.Result<Response, Fault> => {
  const r = Bencode.dictionary(members, "r")
  const id = r && idOf(r, "id")
  if (id === undefined) return Result.fail({ rule: "answer without an id" })
  const seen = Bencode.bytes(members, "ip")
  const token = Bencode.bytes(r!, "token")
  const samples = Bencode.bytes(r!, "samples")
  return Result.succeed({
    _tag: "Response",
    transaction,
    id,
    seen: seen && Endpoint.fromBytes(seen),
    answer: {
      nodes: contactsOf(r!, "nodes", "IPv4"),
      nodes6: contactsOf(r!, "nodes6", "IPv6"),
      peers: peersOf(Bencode.list(r!, "values")),
      token: token && token.length > 0 && token.length <= maxToken ? ByteString.fromBytes(token) : undefined,
      seeds: filterOf(r!, "BFsd"),
      leechers: filterOf(r!, "BFpe"),
      samples: samples && idsIn(samples),
      stored: countOf(r!, "num"),
      interval: countOf(r!, "interval"),
    },
  })
}

const idOf = (members: Bencode.BencodeDictionary, key: string): Id.Id | undefined => {
  const bytes = Bencode.bytes(members, key)
  return bytes && Id.fromBytes(bytes)
}

const contactsOf = (members: Bencode.BencodeDictionary, key: string, family: NetAddress.IpFamily) => {
  const bytes = Bencode.bytes(members, key)
  return bytes && contactsIn(bytes, family, maxContacts)
}

/** Each peer is a string of its own. */
const peersOf = (values: ReadonlyArray<Bencode.BencodeValue> | undefined) =>
  values
    ?.slice(0, maxPeers)
    .flatMap((value) => (value instanceof Uint8Array ? (Endpoint.fromBytes(value) ?? []) : []))
    .filter(Endpoint.isReachable)

const filterOf = (members: Bencode.BencodeDictionary, key: string) => {
  const bytes = Bencode.bytes(members, key)
  return bytes?.length === 256 ? Uint8Array.from(bytes) : undefined
}

const idsIn = (bytes: Uint8Array): ReadonlyArray<Id.Id> => {
  const text = ByteString.fromBytes(bytes.subarray(0, maxSamples * Id.length))
  return Array.from({ length: Math.floor(text.length / Id.length) }, (_, i) => Id.at(text, i * Id.length))
}

const countOf = (members: Bencode.BencodeDictionary, key: string) => {
  const count = Bencode.integer(members, key)
  return count !== undefined && count >= 0 ? count : undefined
}

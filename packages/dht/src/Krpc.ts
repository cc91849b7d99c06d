/**
 * The messages of the DHT (BEP 5, with 32, 33, 42, 43 and 51): `bytes ⇄ values`.
 *
 * Pure and total: bytes from outside become a message or a fault, never an exception. What a message does not need is not looked at; nothing that is kept is a view of the packet.
 */
import { Bencode, Utf8 } from "@unchoke/protocol"
import { Result } from "effect"
import type { NetAddress } from "effect/net"
import * as ByteString from "./ByteString.ts"
import * as Endpoint from "./Endpoint.ts"
import * as Id from "./Id.ts"

/** Longer packets are not looked at: honest answers fit into what one frame carries, some clients' into two. */
export const maxPacket = 4096

/** Others' names for their questions; longer ones would be echoed at our cost. */
export const maxTransaction = 20

/** Longest token taken: libtorrent's have 4 bytes, transmission's 8, the longest in the field 20. */
export const maxToken = 64

/** A node: who it is and where. */
export interface Contact {
  readonly id: Id.Id
  readonly endpoint: Endpoint.Endpoint
}

/** What is asked. */
export type Question =
  | { readonly method: "ping" }
  | { readonly method: "find_node"; readonly target: Id.Id }
  | { readonly method: "get_peers"; readonly target: Id.Id; readonly scrape?: boolean | undefined }
  | {
      readonly method: "announce_peer"
      readonly target: Id.Id
      /** `undefined`: the one that the packet comes from. */
      readonly port: number | undefined
      readonly token: string
      readonly seed?: boolean | undefined
    }
  | { readonly method: "sample_infohashes"; readonly target: Id.Id }

/** Somebody asks something. */
export interface Query {
  readonly _tag: "Query"
  readonly transaction: string
  readonly id: Id.Id
  /** It cannot be asked itself (BEP 43). */
  readonly readOnly: boolean
  /** Nodes of which families it wants to hear of (BEP 32); none: of that over which it asks. */
  readonly want: ReadonlyArray<NetAddress.IpFamily>
  readonly question: Question
}

/** What is answered. */
export interface Answer {
  readonly nodes?: ReadonlyArray<Contact> | undefined
  readonly nodes6?: ReadonlyArray<Contact> | undefined
  readonly peers?: ReadonlyArray<Endpoint.Endpoint> | undefined
  readonly token?: string | undefined
  /** Seeds and other peers, each as a Bloom filter of 256 bytes (BEP 33). */
  readonly seeds?: Uint8Array | undefined
  readonly leechers?: Uint8Array | undefined
  /** Info hashes that the node stores peers of (BEP 51), out of how many, and after how many seconds others. */
  readonly samples?: ReadonlyArray<Id.Id> | undefined
  readonly stored?: number | undefined
  readonly interval?: number | undefined
}

export interface Response {
  readonly _tag: "Response"
  readonly transaction: string
  readonly id: Id.Id
  /** Where the node sees us (BEP 42). */
  readonly seen: Endpoint.Endpoint | undefined
  readonly answer: Answer
}

export interface Refusal {
  readonly _tag: "Refusal"
  readonly transaction: string
  readonly code: number
  readonly words: string
}

export type Message = Query | Response | Refusal

/** What we tell who asks wrongly (BEP 5). */
export const code = { generic: 201, server: 202, protocol: 203, unknownMethod: 204 } as const

/** Why bytes are no message, and, where it was a question that can be answered, what it is answered. */
export interface Fault {
  readonly rule: string
  readonly refusal?: Refusal
}

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

/** The packet of a query. */
export const fromQuery = ({ id, question, readOnly, transaction, want }: Query): Uint8Array =>
  Bencode.encode({
    t: ByteString.toBytes(transaction),
    y: "q",
    q: question.method,
    ro: readOnly ? 1 : undefined,
    v: version,
    a: {
      id: Id.toBytes(id),
      want: want.length === 0 ? undefined : want.map((family) => wanted[family]),
      ...argumentsOf(question),
    },
  })

/** The packet of a response. */
export const fromResponse = ({ answer, id, seen, transaction }: Response): Uint8Array =>
  Bencode.encode({
    t: ByteString.toBytes(transaction),
    y: "r",
    ip: seen && ByteString.toBytes(seen),
    v: version,
    r: {
      id: Id.toBytes(id),
      nodes: answer.nodes && compact(answer.nodes),
      nodes6: answer.nodes6 && compact(answer.nodes6),
      values: answer.peers?.map(ByteString.toBytes),
      token: answer.token && ByteString.toBytes(answer.token),
      BFsd: answer.seeds,
      BFpe: answer.leechers,
      samples: answer.samples && ByteString.toBytes(answer.samples.join("")),
      num: answer.stored,
      interval: answer.interval,
    },
  })

/** The packet of a refusal. */
export const fromRefusal = ({ code, transaction, words }: Refusal): Uint8Array =>
  Bencode.encode({ t: ByteString.toBytes(transaction), y: "e", v: version, e: [code, words] })

/** Nodes as they are written one behind the other. */
export const compact = (contacts: ReadonlyArray<Contact>): Uint8Array =>
  ByteString.toBytes(contacts.map(({ endpoint, id }) => id + endpoint).join(""))

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

/** `UN`, and the version of what we speak. */
const version = Utf8.fromText("UN\0\u0001")

const wanted: Readonly<Record<NetAddress.IpFamily, string>> = { IPv4: "n4", IPv6: "n6" }

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

const argumentsOf = (question: Question): Bencode.BencodeInputDictionary => {
  switch (question.method) {
    case "ping":
      return {}
    case "find_node":
    case "sample_infohashes":
      return { target: Id.toBytes(question.target) }
    case "get_peers":
      return { info_hash: Id.toBytes(question.target), scrape: question.scrape ? 1 : undefined }
    case "announce_peer":
      return {
        info_hash: Id.toBytes(question.target),
        token: ByteString.toBytes(question.token),
        seed: question.seed ? 1 : undefined,
        // Older nodes know no `implied_port`, so a port is always there.
        implied_port: question.port === undefined ? 1 : 0,
        port: question.port ?? 1,
      }
  }
}

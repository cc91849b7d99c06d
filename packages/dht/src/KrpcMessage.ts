/** What the nodes of the DHT say to each other, as values. */
import type { NetAddress } from "effect/net"
import type * as Endpoint from "./Endpoint.ts"
import type * as Id from "./Id.ts"

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

/** How the families are called (BEP 32). */
export const wanted: Readonly<Record<NetAddress.IpFamily, string>> = { IPv4: "n4", IPv6: "n6" }

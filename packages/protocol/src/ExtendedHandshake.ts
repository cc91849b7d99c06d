/**
 * The extended handshake (BEP 10): which extensions a peer speaks and what it says about itself.
 *
 * Read with tolerance: a member that is not what it should be counts as absent, and bytes behind the dictionary are ignored.
 */
import { Result } from "effect"
import { NetAddress } from "effect/net"
import * as Bencode from "./Bencode.ts"

/** What a peer says of itself; whatever it left out, or said wrongly, is `undefined`. */
export interface ExtendedHandshake {
  /** The extensions that it speaks, and the id (1 … 255) under which it wants each. */
  readonly extensions: ReadonlyMap<string, number>
  /** Name and version of the client, at most 64 characters, without control characters. */
  readonly client: string | undefined
  /** The TCP port that it listens on, 1 … 65535. */
  readonly port: number | undefined
  /** How many requests it lets us have outstanding, 1 … 65535. */
  readonly requestQueue: number | undefined
  /** The length of `info` in bytes (BEP 9); as the peer says, so not to be believed. */
  readonly metadataSize: number | undefined
  /** Our address as the peer sees it. */
  readonly yourAddress: NetAddress.IpAddress | undefined
  /** Whether it has everything and will not download (BEP 21). */
  readonly uploadOnly: boolean
}

/** What we say of ourselves; what is left out is not said. */
export interface Greeting {
  readonly extensions?: Readonly<Record<string, number>> | undefined
  readonly client?: string | undefined
  readonly port?: number | undefined
  readonly requestQueue?: number | undefined
  readonly metadataSize?: number | undefined
  readonly yourAddress?: NetAddress.IpAddress | undefined
  readonly uploadOnly?: boolean | undefined
}

/** Reads the payload of an extended message with id 0; `undefined` where it is not a bencoded dictionary. */
export const fromBytes = (payload: Uint8Array): ExtendedHandshake | undefined => {
  const decoded = Result.getOrUndefined(Bencode.decodePrefix(payload, limits))
  const members = decoded && Bencode.asDictionary(decoded.value)
  if (members === undefined) return undefined
  return {
    extensions: extensionsOf(Bencode.dictionary(members, "m") ?? {}),
    client: clientOf(Bencode.text(members, "v")),
    port: within(Bencode.integer(members, "p"), 65_535),
    requestQueue: queueOf(Bencode.integer(members, "reqq")),
    metadataSize: within(Bencode.integer(members, "metadata_size"), Number.MAX_SAFE_INTEGER),
    yourAddress: addressOf(Bencode.bytes(members, "yourip")),
    uploadOnly: (Bencode.integer(members, "upload_only") ?? 0) !== 0,
  }
}

/** The payload of our extended handshake. */
export const toBytes = (greeting: Greeting): Uint8Array =>
  Bencode.encode({
    m: { ...greeting.extensions },
    v: greeting.client,
    p: greeting.port,
    reqq: greeting.requestQueue,
    metadata_size: greeting.metadataSize,
    yourip: greeting.yourAddress && octets(greeting.yourAddress),
    upload_only: greeting.uploadOnly === true ? 1 : undefined,
  })

/** An extended handshake of any client has a few dozen values; this bounds what one of a megabyte makes us build. */
const limits = { maxTokens: 2000 }

const maxClientLength = 64

/** Whoever says that it takes more requests than this takes more than anybody has for it: a GiB under way. */
const mostRequests = 65_535

/** npm's decoder drops one from the front of a key, so a name that begins with another would not be the same after being sent. */
const byteOrderMark = "\u{feff}"

const extensionsOf = (members: Bencode.BencodeDictionary): ReadonlyMap<string, number> =>
  new Map(
    Object.entries(members).filter(
      (entry): entry is [string, number] =>
        typeof entry[1] === "number" && entry[1] > 0 && entry[1] <= 255 && !entry[0].startsWith(byteOrderMark),
    ),
  )

const clientOf = (text: string | undefined): string | undefined => {
  const printable = text?.replaceAll(/[\p{Cc}\p{Cf}]/gu, "").trim()
  return printable
    ? Array.from(printable.slice(0, 2 * maxClientLength))
        .slice(0, maxClientLength)
        .join("")
        .trimEnd()
    : undefined
}

const within = (value: number | undefined, maximum: number): number | undefined =>
  value !== undefined && value > 0 && value <= maximum ? value : undefined

const queueOf = (requests: number | undefined): number | undefined =>
  within(requests === undefined ? undefined : Math.min(requests, mostRequests), mostRequests)

const addressOf = (bytes: Uint8Array | undefined): NetAddress.IpAddress | undefined =>
  bytes === undefined ? undefined : Result.getOrUndefined(NetAddress.ipFromInput(bytes))

const octets = (address: NetAddress.IpAddress): Uint8Array =>
  NetAddress.isIpv4Address(address)
    ? Uint8Array.from(NetAddress.ipv4ToOctets(address))
    : Uint8Array.from(NetAddress.ipv6ToOctets(address))

/**
 * What a tracker answers to an announce, and how it is read from HTTP (BEP 3, 7, 23).
 *
 * Tolerant: what makes no sense counts as absent. Bounded: no answer names more than 2000 peers or makes us wait longer than 6 h.
 */
import { Duration, Result } from "effect"
import { NetAddress } from "effect/net"
import * as Bencode from "./Bencode.ts"
import * as PeerList from "./PeerList.ts"

/** The tracker knows the torrent. */
export interface Announced {
  readonly _tag: "Announced"
  /** Each once; none with port 0. */
  readonly peers: ReadonlyArray<NetAddress.InetAddress>
  /** How long to wait until the next announce, within the bounds. */
  readonly interval: Duration.Duration
  /** How long to wait at least, whatever happens. */
  readonly minInterval: Duration.Duration | undefined
  readonly seeders: number | undefined
  readonly leechers: number | undefined
  /** A sentence for people; the announce was accepted all the same. */
  readonly warning: string | undefined
  /** To be sent back with the next announce. */
  readonly trackerId: Uint8Array | undefined
  /** Where the tracker sees us (BEP 24). */
  readonly externalIp?: NetAddress.IpAddress
}

/** The tracker will not have us: a sentence for people. */
export interface Refused {
  readonly _tag: "Refused"
  readonly reason: string
}

/** Peers, or the tracker's reason for giving none. */
export type TrackerReply = Announced | Refused

/** The interval of a tracker that gives none. */
export const usualInterval = Duration.minutes(30)

/** A tracker that wants us sooner is asked too often for its own good. */
export const shortestInterval = Duration.seconds(30)

/** One that wants us later would keep us from ever finding new peers. */
export const longestInterval = Duration.hours(6)

/** An interval in seconds, brought within the bounds. */
export const boundedInterval = (seconds: number): Duration.Duration =>
  Duration.clamp(Duration.seconds(seconds), { minimum: shortestInterval, maximum: longestInterval })

/** Reads the body of an HTTP tracker's answer, which some end with a line break; a string says what is wrong with it. */
export const fromBytes = (bytes: Uint8Array): Result.Result<TrackerReply, string> =>
  Result.flatMap(Result.mapError(Bencode.decodePrefix(bytes, limits), Bencode.describe), ({ value }) => {
    const members = Bencode.asDictionary(value)
    return members === undefined ? Result.fail("not a dictionary") : Result.succeed(fromMembers(members))
  })

/** The body of an answer as trackers write it, with compact peers. */
export const toBytes = (reply: TrackerReply): Uint8Array =>
  reply._tag === "Refused"
    ? Bencode.encode({ "failure reason": reply.reason })
    : Bencode.encode({
        interval: Math.round(Duration.toSeconds(reply.interval)),
        "min interval": reply.minInterval && Math.round(Duration.toSeconds(reply.minInterval)),
        complete: reply.seeders,
        incomplete: reply.leechers,
        "warning message": reply.warning,
        "tracker id": reply.trackerId,
        "external ip": reply.externalIp && octetsOf(reply.externalIp),
        peers: PeerList.toBytes(reply.peers, "IPv4"),
        peers6: PeerList.toBytes(reply.peers, "IPv6"),
      })

/** A sentence of a tracker: at most 300 characters, without control characters. */
export const sentence = (text: string): string =>
  text
    .slice(0, 300)
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}]+/gu, " ")
    .trim()

/** 2000 peers as dictionaries are 14 000 values; what is decoded costs up to 350 bytes each. */
const limits = { maxTokens: 50_000 }

const fromMembers = (members: Bencode.BencodeDictionary): TrackerReply => {
  const refusal = Bencode.text(members, "failure reason")
  if (refusal !== undefined) return { _tag: "Refused", reason: sentence(refusal) }
  const interval = Bencode.integer(members, "interval")
  const minInterval = Bencode.integer(members, "min interval")
  const warning = Bencode.text(members, "warning message")
  return {
    _tag: "Announced",
    peers: peersOf(members),
    interval: interval === undefined ? usualInterval : boundedInterval(interval),
    minInterval: minInterval === undefined ? undefined : boundedInterval(minInterval),
    seeders: countOf(members, "complete"),
    leechers: countOf(members, "incomplete"),
    warning: warning === undefined ? undefined : sentence(warning),
    trackerId: trackerIdOf(members),
    ...externalIpOf(members),
  }
}

const peersOf = (members: Bencode.BencodeDictionary): ReadonlyArray<NetAddress.InetAddress> => {
  const peers = new PeerList.Collector()
  peers.addCompact(Bencode.bytes(members, "peers"), "IPv4")
  peers.addCompact(Bencode.bytes(members, "peers6"), "IPv6")
  for (const peer of Bencode.list(members, "peers") ?? []) {
    const described = Bencode.asDictionary(peer)
    const port = described && Bencode.integer(described, "port")
    const ip = described && Bencode.text(described, "ip")
    if (port !== undefined && ip !== undefined) peers.addText(ip, port)
  }
  return peers.peers
}

const countOf = (members: Bencode.BencodeDictionary, key: string): number | undefined => {
  const count = Bencode.integer(members, key)
  return count !== undefined && count >= 0 ? count : undefined
}

const maxTrackerIdLength = 256

const trackerIdOf = (members: Bencode.BencodeDictionary): Uint8Array | undefined => {
  const id = Bencode.bytes(members, "tracker id")
  return id !== undefined && id.length > 0 && id.length <= maxTrackerIdLength ? id : undefined
}

const externalIpOf = (members: Bencode.BencodeDictionary): Pick<Announced, "externalIp"> => {
  const octets = Bencode.bytes(members, "external ip")
  if (octets === undefined) return {}
  const ip = NetAddress.ipFromInput(octets)
  return Result.isSuccess(ip) ? { externalIp: NetAddress.toCanonical(ip.success) } : {}
}

const octetsOf = (ip: NetAddress.IpAddress): Uint8Array =>
  Uint8Array.from(NetAddress.isIpv4Address(ip) ? NetAddress.ipv4ToOctets(ip) : NetAddress.ipv6ToOctets(ip))

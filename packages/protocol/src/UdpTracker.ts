/**
 * The packets of UDP trackers (BEP 15): a connection id is asked for first, and shown with each announce.
 *
 * A packet that does not fit is a fault; bytes behind one are ignored, since later BEPs append to it.
 */
import { Result, Schema } from "effect"
import type { NetAddress } from "effect/net"
import { AnnounceEvent, AnnounceRequest } from "./AnnounceRequest.ts"
import * as PeerList from "./PeerList.ts"
import { sentence } from "./TrackerReply.ts"
import * as Utf8 from "./Utf8.ts"

const Uint32 = Schema.Int.check(Schema.isUint32())
const ConnectionId = Schema.BigInt.check(Schema.isBetweenBigInt({ minimum: 0n, maximum: 2n ** 64n - 1n }))

/** What a client sends. */
export const UdpRequest = Schema.TaggedUnion({
  Connect: { transactionId: Uint32 },
  Announce: {
    transactionId: Uint32,
    connectionId: ConnectionId,
    request: AnnounceRequest,
    /** Path and query of the announce URL, which a tracker may want to see (BEP 41). */
    path: Schema.String,
  },
})
/** One thing that is sent to a tracker. */
export type UdpRequest = typeof UdpRequest.Type

/** What a tracker sends. */
export type UdpResponse =
  | { readonly _tag: "Connected"; readonly transactionId: number; readonly connectionId: bigint }
  | {
      readonly _tag: "Announced"
      readonly transactionId: number
      /** In seconds. */
      readonly interval: number
      readonly leechers: number
      readonly seeders: number
      readonly peers: ReadonlyArray<NetAddress.InetAddress>
    }
  | { readonly _tag: "Failed"; readonly transactionId: number; readonly reason: string }

/** Why a packet is not an answer. */
export type UdpFault = "too short" | "not a tracker's packet"

/** The packet of a request. */
export const fromRequest = (packet: UdpRequest): Uint8Array => {
  if (packet._tag === "Connect") {
    const bytes = new Uint8Array(16)
    const view = new DataView(bytes.buffer)
    view.setBigUint64(0, protocolId)
    view.setUint32(8, action.connect)
    view.setUint32(12, packet.transactionId)
    return bytes
  }
  const { request } = packet
  const options = urlData(Utf8.fromText(packet.path))
  const bytes = new Uint8Array(announceLength + options.length)
  const view = new DataView(bytes.buffer)
  view.setBigUint64(0, packet.connectionId)
  view.setUint32(8, action.announce)
  view.setUint32(12, packet.transactionId)
  bytes.set(request.infoHash, 16)
  bytes.set(request.peerId, 36)
  view.setBigUint64(56, BigInt(request.downloaded))
  view.setBigUint64(64, BigInt(request.left))
  view.setBigUint64(72, BigInt(request.uploaded))
  view.setUint32(80, AnnounceEvent.literals.indexOf(request.event))
  view.setUint32(88, request.key)
  view.setInt32(92, request.numWant)
  view.setUint16(96, request.port)
  bytes.set(options, announceLength)
  return bytes
}

/** Reads what a tracker sent; `family` is that of the tracker's address, which decides how long a peer is. */
export const toResponse = (bytes: Uint8Array, family: NetAddress.IpFamily): Result.Result<UdpResponse, UdpFault> => {
  if (bytes.length < 8) return Result.fail("too short")
  const view = viewOf(bytes)
  const transactionId = view.getUint32(4)
  switch (view.getUint32(0)) {
    case action.connect:
      if (bytes.length < 16) return Result.fail("too short")
      return Result.succeed({ _tag: "Connected", transactionId, connectionId: view.getBigUint64(8) })
    case action.announce: {
      if (bytes.length < 20) return Result.fail("too short")
      const peers = new PeerList.Collector()
      peers.addCompact(bytes.subarray(20), family)
      return Result.succeed({
        _tag: "Announced",
        transactionId,
        interval: view.getUint32(8),
        leechers: view.getUint32(12),
        seeders: view.getUint32(16),
        peers: peers.peers,
      })
    }
    case action.error:
      return Result.succeed({ _tag: "Failed", transactionId, reason: sentence(Utf8.toText(bytes.subarray(8))) })
    default:
      return Result.fail("not a tracker's packet")
  }
}

/** Reads what a client sent, as a tracker does. */
export const toRequest = (bytes: Uint8Array): Result.Result<UdpRequest, UdpFault> => {
  if (bytes.length < 16) return Result.fail("too short")
  const view = viewOf(bytes)
  const transactionId = view.getUint32(12)
  const first = view.getBigUint64(0)
  if (view.getUint32(8) === action.connect && first === protocolId) {
    return Result.succeed({ _tag: "Connect", transactionId })
  }
  if (view.getUint32(8) !== action.announce) return Result.fail("not a tracker's packet")
  if (bytes.length < announceLength) return Result.fail("too short")
  const numWant = view.getInt32(92)
  return Result.succeed({
    _tag: "Announce",
    transactionId,
    connectionId: first,
    path: pathIn(bytes.subarray(announceLength)),
    request: {
      infoHash: new Uint8Array(bytes.subarray(16, 36)),
      peerId: new Uint8Array(bytes.subarray(36, 56)),
      downloaded: countAt(view, 56),
      left: countAt(view, 64),
      uploaded: countAt(view, 72),
      event: AnnounceEvent.literals[view.getUint32(80)] ?? "none",
      key: view.getUint32(88),
      numWant: numWant < 0 ? usualNumWant : Math.min(numWant, 1000),
      port: view.getUint16(96),
    },
  })
}

/** The packet of an answer. */
export const fromResponse = (packet: UdpResponse, family: NetAddress.IpFamily): Uint8Array => {
  switch (packet._tag) {
    case "Connected": {
      const bytes = headed(action.connect, packet.transactionId, new Uint8Array(8))
      viewOf(bytes).setBigUint64(8, packet.connectionId)
      return bytes
    }
    case "Announced": {
      const peers = PeerList.toBytes(packet.peers, family)
      const bytes = headed(action.announce, packet.transactionId, Uint8Array.from([...new Uint8Array(12), ...peers]))
      const view = viewOf(bytes)
      view.setUint32(8, packet.interval)
      view.setUint32(12, packet.leechers)
      view.setUint32(16, packet.seeders)
      return bytes
    }
    case "Failed":
      return headed(action.error, packet.transactionId, Utf8.fromText(packet.reason))
  }
}

/** How every connect request begins. */
const protocolId = 0x41727101980n

const action = { connect: 0, announce: 1, error: 3 } as const

const announceLength = 98

const usualNumWant = 50

/** Clients that do not know yet how much is missing say 2^64 - 1. */
const countAt = (view: DataView, at: number): number => Math.min(Number(view.getBigUint64(at)), Number.MAX_SAFE_INTEGER)

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const headed = (action: number, transactionId: number, rest: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(8 + rest.length)
  viewOf(bytes).setUint32(0, action)
  viewOf(bytes).setUint32(4, transactionId)
  bytes.set(rest, 8)
  return bytes
}

/** BEP 41: options follow the announce; URL data is number 2 and comes in runs of up to 255 bytes. */
const option = { end: 0, nothing: 1, urlData: 2 } as const

const urlData = (path: Uint8Array): Uint8Array => {
  const bytes: Array<number> = []
  for (let at = 0; at < path.length; at += 255) {
    const run = path.subarray(at, at + 255)
    bytes.push(option.urlData, run.length, ...run)
  }
  return Uint8Array.from(bytes)
}

const pathIn = (options: Uint8Array): string => {
  const path: Array<number> = []
  for (let at = 0; at < options.length && options[at] !== option.end;) {
    if (options[at] === option.nothing) {
      at++
      continue
    }
    const length = options[at + 1] ?? 0
    if (options[at] === option.urlData) path.push(...options.subarray(at + 2, at + 2 + length))
    at += 2 + length
  }
  return Utf8.toText(Uint8Array.from(path))
}

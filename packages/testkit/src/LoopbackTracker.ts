/**
 * A tracker on loopback, over HTTP (BEP 3, 7, 23) and UDP (BEP 15), that any client can announce to.
 *
 * It knows whoever announces, or answers with a list that it was given. Everything ends with the scope.
 */
import { AnnounceRequest, TrackerReply, UdpTracker } from "@unchoke/protocol"
import { Duration, Effect, Result, type Scope } from "effect"
import { NetAddress } from "effect/net"
import * as Dgram from "node:dgram"
import * as Http from "node:http"
import type * as Net from "node:net"
import { AnnouncedPeers } from "./AnnouncedPeers.ts"

/** What the tracker answers. */
export interface Options {
  /** The peers that everyone is told; otherwise those that have announced themselves. */
  readonly peers?: ReadonlyArray<NetAddress.InetAddress>
  /** How long clients are told to wait (default: 30 min). */
  readonly interval?: Duration.Input
  /** Refuses everyone with this reason. */
  readonly refusal?: string
  /** A warning that goes with each answer over HTTP. */
  readonly warning?: string
  /** Where it listens (default: 127.0.0.1). */
  readonly host?: string
}

/** An announce that came in. */
export interface Heard {
  readonly over: "HTTP" | "UDP"
  /** The address that the client is called by: where it asked from, with the port that it gave. */
  readonly peer: NetAddress.InetAddress
  readonly request: AnnounceRequest.AnnounceRequest
}

/** A running tracker: where it is, and what it was told. */
export interface LoopbackTracker {
  readonly announceUrl: string
  readonly udpUrl: string
  /** Every announce so far, in order. */
  readonly announces: ReadonlyArray<Heard>
}

/** Starts a tracker. */
export const make = Effect.fnUntraced(function* (
  options: Options = {},
): Effect.fn.Return<LoopbackTracker, never, Scope.Scope> {
  const host = options.host ?? "127.0.0.1"
  const announces: Array<Heard> = []
  const known = new AnnouncedPeers()

  const reply = (
    over: Heard["over"],
    ip: string,
    request: AnnounceRequest.AnnounceRequest,
  ): TrackerReply.TrackerReply => {
    const peer = NetAddress.toCanonical(NetAddress.inetAddressFromIpStringUnsafe(ip, request.port))
    announces.push({ over, peer, request })
    if (options.refusal !== undefined) return { _tag: "Refused", reason: options.refusal }
    known.update(peer, request)
    return {
      _tag: "Announced",
      peers: options.peers ?? known.others(peer, request),
      interval: Duration.fromInputUnsafe(options.interval ?? TrackerReply.usualInterval),
      minInterval: undefined,
      seeders: known.seeders(request),
      leechers: known.leechers(request),
      warning: options.warning,
      trackerId: undefined,
    }
  }

  const http = yield* listenHttp(host, (url, ip) => {
    if (!url.startsWith("/announce?")) return undefined
    const request = AnnounceRequest.fromQuery(url.slice("/announce?".length))
    return TrackerReply.toBytes(
      Result.isSuccess(request)
        ? reply("HTTP", ip, request.success)
        : { _tag: "Refused", reason: `missing or wrong: ${request.failure}` },
    )
  })
  const udp = yield* listenUdp(
    host,
    answerUdp((ip, request) => reply("UDP", ip, request)),
  )
  const authority = (port: number) => NetAddress.formatInet(NetAddress.inetAddressFromIpStringUnsafe(host, port))
  return { announceUrl: `http://${authority(http)}/announce`, udpUrl: `udp://${authority(udp)}/announce`, announces }
})

/** Answers a datagram of a client, or nothing where it makes no sense. */
const answerUdp = (reply: (ip: string, request: AnnounceRequest.AnnounceRequest) => TrackerReply.TrackerReply) => {
  const connections = new Set<bigint>()
  const respond = (packet: UdpTracker.UdpRequest, ip: string): UdpTracker.UdpResponse => {
    const { transactionId } = packet
    if (packet._tag === "Connect") {
      const connectionId = (BigInt(connections.size + 1) * 0x9e3779b97f4a7c15n) % 2n ** 64n
      connections.add(connectionId)
      return { _tag: "Connected", transactionId, connectionId }
    }
    if (!connections.has(packet.connectionId)) return { _tag: "Failed", transactionId, reason: "connection unknown" }
    const answer = reply(ip, packet.request)
    return answer._tag === "Refused"
      ? { _tag: "Failed", transactionId, reason: answer.reason }
      : {
          _tag: "Announced",
          transactionId,
          interval: Duration.toSeconds(answer.interval),
          leechers: answer.leechers ?? 0,
          seeders: answer.seeders ?? 0,
          peers: answer.peers,
        }
  }
  return (bytes: Uint8Array, ip: string): Uint8Array | undefined => {
    const packet = UdpTracker.toRequest(bytes)
    if (Result.isFailure(packet)) return undefined
    return UdpTracker.fromResponse(respond(packet.success, ip), ip.includes(":") ? "IPv6" : "IPv4")
  }
}

/** Serves what `answer` makes of a URL and a client's address; 404 where that is nothing. Yields the port. */
const listenHttp = (host: string, answer: (url: string, ip: string) => Uint8Array | undefined) =>
  Effect.acquireRelease(
    Effect.callback<Http.Server>((resume) => {
      const server = Http.createServer((request, response) => {
        const body = answer(request.url ?? "", request.socket.remoteAddress ?? host)
        response.writeHead(body === undefined ? 404 : 200, { "content-type": "text/plain" }).end(body)
      })
      server.once("error", (cause) => resume(Effect.die(cause)))
      server.listen(0, host, () => resume(Effect.succeed(server)))
    }),
    (server) =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      }),
  ).pipe(Effect.map((server) => (server.address() as Net.AddressInfo).port))

const listenUdp = (host: string, answer: (bytes: Uint8Array, ip: string) => Uint8Array | undefined) =>
  Effect.acquireRelease(
    Effect.callback<Dgram.Socket>((resume) => {
      const socket = Dgram.createSocket(host.includes(":") ? "udp6" : "udp4")
      socket.on("message", (message, { address, port }) => {
        const body = answer(message, address)
        if (body !== undefined) socket.send(body, port, address)
      })
      socket.once("error", (cause) => resume(Effect.die(cause)))
      socket.bind(0, host, () => resume(Effect.succeed(socket)))
    }),
    (socket) => Effect.callback<void>((resume) => void socket.close(() => resume(Effect.void))),
  ).pipe(Effect.map((socket) => socket.address().port))

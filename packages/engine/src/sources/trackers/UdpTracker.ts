/**
 * Announces over UDP (BEP 15).
 *
 * A packet counts only when it comes from the address that was asked and carries the transaction id of the question; everything else is ignored.
 * Each attempt has a port of its own, which a forger would have to guess as well.
 */
import { type AnnounceRequest, AnnounceUrl, TrackerReply, UdpTracker } from "@unchoke/protocol"
import { Clock, Duration, Effect, Equal, Random, Result, type Scope } from "effect"
import { AddressResolver, Host, NetAddress } from "effect/net"
import type { DatagramSocket } from "effect/socket"
import { resolveHost } from "../resolveHost.ts"
import { DatagramDialer } from "./DatagramDialer.ts"
import { type Answered, Hosts } from "./Hosts.ts"
import { TrackerProblem } from "./TrackerFailed.ts"
import { unreachable } from "./unreachable.ts"

/** How long attempt n waits for its answers. */
export const attemptDeadline = (n: number): Duration.Duration => Duration.seconds(15 * 2 ** n)

/** The last attempt is the one of this number, counted from 0. */
export const lastAttempt = 8

/** How long a connection id may be used. */
export const connectionLifetime = Duration.seconds(60)

export type UdpAnnounce = (
  url: AnnounceUrl.AnnounceUrl,
  request: AnnounceRequest.AnnounceRequest,
) => Effect.Effect<Answered<TrackerReply.Announced>, TrackerProblem>

/** How to announce with the `DatagramDialer` at hand. */
export const make: Effect.Effect<UdpAnnounce, never, DatagramDialer | AddressResolver.AddressResolver> = Effect.gen(
  function* () {
    const dialer = yield* DatagramDialer
    const resolver = yield* AddressResolver.AddressResolver
    const hosts = new Hosts()
    const connections = new Connections()

    /** One conversation with one address: connect where there is no connection id, then announce. */
    const converse = Effect.fnUntraced(function* (
      address: NetAddress.InetAddress,
      path: string,
      request: AnnounceRequest.AnnounceRequest,
    ): Effect.fn.Return<TrackerReply.Announced, TrackerProblem, Scope.Scope> {
      const socket = yield* dialer.dial(address)
      const ask = yield* Effect.mapError(asker(socket, address), unreachable)
      const announce = Effect.fnUntraced(function* (connectionId: bigint) {
        return yield* ask((transactionId) => ({ _tag: "Announce", transactionId, connectionId, path, request }))
      })
      const connect = Effect.gen(function* () {
        const response = yield* ask((transactionId) => ({ _tag: "Connect", transactionId }))
        if (response._tag !== "Connected") return yield* Effect.fail(problemOf(response))
        connections.set(address, response.connectionId, yield* Clock.monotonicTimeNanos)
        return response.connectionId
      })
      const known = connections.get(address, yield* Clock.monotonicTimeNanos)
      let response = yield* announce(known ?? (yield* connect))
      if (response._tag === "Failed" && known !== undefined) {
        // It may have forgotten the connection, or tied it to the port of the last conversation.
        connections.forget(address)
        response = yield* announce(yield* connect)
      }
      return response._tag === "Announced" ? announcedOf(response) : yield* Effect.fail(problemOf(response))
    })

    return Effect.fnUntraced(function* (url, request) {
      const path = url.path === "/" && url.query === "" ? "" : AnnounceUrl.target(url)
      const addresses = yield* resolveHost(resolver, Host.hostPortUnsafe(url.host, url.port))
      for (let attempt = 0; attempt <= lastAttempt; attempt++) {
        const answer = yield* hosts
          .call(AnnounceUrl.origin(url), addresses, (address) => Effect.scoped(converse(address, path, request)))
          .pipe(Effect.timeoutOrElse({ duration: attemptDeadline(attempt), orElse: () => Effect.succeed(undefined) }))
        if (answer !== undefined) return answer
        for (const address of addresses) connections.forget(address)
      }
      return yield* Effect.fail(timedOut(totalDeadline))
    })
  },
)

type Ask = (
  packet: (transactionId: number) => UdpTracker.UdpRequest,
) => Effect.Effect<UdpTracker.UdpResponse, TrackerProblem>

/** Opens the socket; asking sends a packet and waits for the one that answers it. */
const asker = Effect.fnUntraced(function* (
  socket: DatagramSocket.DatagramSocket,
  address: NetAddress.InetAddress,
): Effect.fn.Return<Ask, DatagramSocket.DatagramSocketError, Scope.Scope> {
  const reader = yield* socket.reader
  const writer = yield* socket.writer
  const family = NetAddress.familyOf(address)
  return Effect.fnUntraced(function* (packet) {
    const transactionId = yield* Random.nextIntBetween(0, 2 ** 32 - 1)
    const question = packet(transactionId)
    yield* writer.write({ payload: UdpTracker.fromRequest(question) })
    for (;;) {
      for (const datagram of yield* reader.pull) {
        if (!Equal.equals(datagram.address, address)) continue
        const response = UdpTracker.toResponse(datagram.payload, family)
        if (Result.isFailure(response) || response.success.transactionId !== transactionId) continue
        const { _tag } = response.success
        if (_tag === "Failed" || _tag === answerTo[question._tag]) return response.success
      }
    }
  }, Effect.mapError(unreachable))
})

const answerTo = { Connect: "Connected", Announce: "Announced" } as const

/** The connection ids that may still be used. */
class Connections {
  readonly #known = new Map<string, { readonly id: bigint; readonly until: bigint }>()

  get(address: NetAddress.InetAddress, now: bigint): bigint | undefined {
    const known = this.#known.get(NetAddress.formatInet(address))
    return known !== undefined && now < known.until ? known.id : undefined
  }

  set(address: NetAddress.InetAddress, id: bigint, now: bigint): void {
    for (const [name, { until }] of this.#known) if (until <= now) this.#known.delete(name)
    this.#known.set(NetAddress.formatInet(address), { id, until: now + Duration.toNanosUnsafe(connectionLifetime) })
  }

  forget(address: NetAddress.InetAddress): void {
    this.#known.delete(NetAddress.formatInet(address))
  }
}

const totalDeadline = Duration.seconds(15 * (2 ** (lastAttempt + 1) - 1))

const timedOut = (waited: Duration.Duration): TrackerProblem => TrackerProblem.make({ _tag: "TimedOut", waited })

const problemOf = (response: UdpTracker.UdpResponse): TrackerProblem =>
  response._tag === "Failed"
    ? TrackerProblem.make({ _tag: "Refused", reason: response.reason })
    : TrackerProblem.make({ _tag: "BadAnswer", why: `${response._tag} out of turn` })

const announcedOf = (response: Extract<UdpTracker.UdpResponse, { _tag: "Announced" }>): TrackerReply.Announced => ({
  _tag: "Announced",
  peers: response.peers,
  interval: TrackerReply.boundedInterval(response.interval),
  minInterval: undefined,
  seeders: response.seeders,
  leechers: response.leechers,
  warning: undefined,
  trackerId: undefined,
})

import { pass, settle } from "@unchoke/testkit"
import { expect, it } from "@effect/vitest"
import { UdpTracker } from "@unchoke/protocol"
import { Clock, Duration, Effect, Fiber, Layer, Queue, Result } from "effect"
import { HttpClient } from "effect/http"
import { NetAddress } from "effect/net"
import { DatagramSocket } from "effect/socket"
import { TestClock } from "effect/testing"
import { DatagramDialer, Tracker } from "@unchoke/engine"
import { request } from "./request.ts"
import { resolving } from "./resolver.ts"

const names = { "tracker.example": ["93.184.216.34"], "double.example": ["93.184.216.34", "2001:db8::1"] }
const peer = NetAddress.inetAddressFromStringUnsafe("93.184.216.40:80")

interface Packet {
  readonly to: string
  readonly packet: UdpTracker.UdpRequest
  /** In seconds. */
  readonly at: number
}

/** What comes back for a packet: from the tracker itself unless a source is given. */
type Reply = UdpTracker.UdpResponse | { readonly from: string; readonly bytes: Uint8Array }

const gone = new DatagramSocket.DatagramSocketError({
  reason: new DatagramSocket.DatagramSocketReadError({ kind: "ConnectionRefused", cause: { code: "ECONNREFUSED" } }),
})

/** A tracker that answers each packet as the script says; `gone` for nobody there. Also what it heard, and how many sockets are open. */
const world = (script: (packet: Packet) => ReadonlyArray<Reply> | "gone") => {
  const heard: Array<Packet> = []
  const sockets = { open: 0 }
  const dial = Effect.fnUntraced(function* (address: NetAddress.InetAddress) {
    const received = yield* Queue.unbounded<DatagramSocket.Datagram, DatagramSocket.DatagramSocketError>()
    const family = NetAddress.familyOf(address)
    return DatagramSocket.make({
      reader: Effect.acquireRelease(
        Effect.sync(() => {
          sockets.open++
          return {
            pull: Effect.map(Queue.take(received), (datagram) => [datagram] as const),
            address: peer,
            dropped: () => 0,
            joinMulticast: () => Effect.never,
          }
        }),
        () => Effect.sync(() => sockets.open--),
      ),
      writer: Effect.succeed({
        write: ({ payload }) =>
          Effect.gen(function* () {
            const packet = Result.getOrThrow(UdpTracker.toRequest(payload as Uint8Array))
            const at = (yield* Clock.currentTimeMillis) / 1000
            heard.push({ to: NetAddress.formatInet(address), packet, at })
            const replies = script(heard.at(-1)!)
            if (replies === "gone") return yield* Effect.asVoid(Queue.fail(received, gone))
            for (const reply of replies) {
              yield* Queue.offer(
                received,
                "from" in reply
                  ? { address: NetAddress.inetAddressFromStringUnsafe(reply.from), payload: reply.bytes }
                  : { address, payload: UdpTracker.fromResponse(reply, family) },
              )
            }
          }),
        writeAll: () => Effect.never,
      }),
    })
  })
  const layer = Tracker.layer.pipe(
    Layer.provide([
      Layer.succeed(DatagramDialer)({ dial }),
      Layer.succeed(HttpClient.HttpClient)(HttpClient.make(() => Effect.never)),
      resolving(names),
    ]),
  )
  return { heard, sockets, layer }
}

const announced = (transactionId: number, seeders = 1): UdpTracker.UdpResponse => ({
  _tag: "Announced",
  transactionId,
  interval: 120,
  leechers: 2,
  seeders,
  peers: [peer],
})

/** A tracker as it should be. */
const honest = ({ packet: { _tag, transactionId } }: Packet): ReadonlyArray<Reply> =>
  _tag === "Connect" ? [{ _tag: "Connected", transactionId, connectionId: 42n }] : [announced(transactionId)]

const announce = (url = "udp://tracker.example:6969/announce?x=1") =>
  Tracker.use((tracker) => tracker.announce(url, request))
const tags = (heard: ReadonlyArray<Packet>) => heard.map(({ packet }) => packet._tag)

it.effect("connects, then announces with the id it was given", () => {
  const { heard, layer, sockets } = world(honest)
  return Effect.gen(function* () {
    const reply = yield* announce()
    expect(reply).toMatchObject({ peers: [peer], seeders: 1, leechers: 2, interval: Duration.seconds(120) })
    expect(tags(heard)).toEqual(["Connect", "Announce"])
    expect(heard[1]!.packet).toMatchObject({ connectionId: 42n, request, path: "/announce?x=1" })
    expect(heard[0]!.packet.transactionId).not.toBe(heard[1]!.packet.transactionId)
    expect(sockets.open).toBe(0)
  }).pipe(Effect.provide(layer))
})

it.effect("a connection id is used again for 60 s, and no longer", () => {
  const { heard, layer } = world(honest)
  return Effect.gen(function* () {
    yield* announce()
    yield* TestClock.adjust("59 seconds")
    yield* announce()
    expect(tags(heard)).toEqual(["Connect", "Announce", "Announce"])
    yield* TestClock.adjust("2 seconds")
    yield* announce()
    expect(tags(heard).slice(3)).toEqual(["Connect", "Announce"])
  }).pipe(Effect.provide(layer))
})

it.effect("a tracker that has forgotten the connection is connected to again", () => {
  let restarted = false
  const { heard, layer } = world((packet) =>
    restarted && packet.packet._tag === "Announce" && packet.packet.connectionId === 42n
      ? [{ _tag: "Failed", transactionId: packet.packet.transactionId, reason: "connection unknown" }]
      : restarted && packet.packet._tag === "Connect"
        ? [{ _tag: "Connected", transactionId: packet.packet.transactionId, connectionId: 43n }]
        : honest(packet),
  )
  return Effect.gen(function* () {
    yield* announce()
    restarted = true
    yield* announce()
    expect(tags(heard)).toEqual(["Connect", "Announce", "Announce", "Connect", "Announce"])
  }).pipe(Effect.provide(layer))
})

it.effect("a refusal is told in the tracker's words", () => {
  const { layer } = world((packet) =>
    packet.packet._tag === "Connect"
      ? honest(packet)
      : [{ _tag: "Failed", transactionId: packet.packet.transactionId, reason: "not registered" }],
  )
  return Effect.gen(function* () {
    expect((yield* Effect.flip(announce())).reason).toEqual({ _tag: "Refused", reason: "not registered" })
  }).pipe(Effect.provide(layer))
})

it.effect("answers of others, to other questions, and of the wrong kind are ignored", () => {
  const { layer } = world((packet) => {
    const { _tag, transactionId } = packet.packet
    const forged = { ...announced(transactionId, 666), peers: [] }
    const outOfTurn: UdpTracker.UdpResponse =
      _tag === "Connect" ? forged : { _tag: "Connected", transactionId, connectionId: 666n }
    return [
      { from: "93.184.216.34:6970", bytes: UdpTracker.fromResponse(forged, "IPv4") },
      { from: "6.6.6.6:6969", bytes: UdpTracker.fromResponse(forged, "IPv4") },
      { from: "93.184.216.34:6969", bytes: new Uint8Array(7) },
      { ...forged, transactionId: (transactionId + 1) % 2 ** 32 },
      { _tag: "Failed", transactionId: (transactionId + 1) % 2 ** 32, reason: "forged" },
      outOfTurn,
      ...honest(packet),
    ]
  })
  return Effect.gen(function* () {
    expect(yield* announce()).toMatchObject({ seeders: 1, peers: [peer] })
  }).pipe(Effect.provide(layer))
})

it.effect("a silent tracker is asked again after 15 · 2ⁿ s, nine times in all", () => {
  const { heard, layer, sockets } = world(() => [])
  return Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(Effect.flip(announce()))
    for (let n = 0; n <= 8; n++) {
      yield* settle
      expect(sockets.open).toBe(1)
      yield* TestClock.adjust(Duration.seconds(15 * 2 ** n))
    }
    expect((yield* Fiber.join(fiber)).reason).toEqual({ _tag: "TimedOut", waited: Duration.seconds(15 * 511) })
    expect(heard.map(({ at }) => at)).toEqual([0, 15, 45, 105, 225, 465, 945, 1905, 3825])
    expect(tags(heard).every((tag) => tag === "Connect")).toBe(true)
    expect(sockets.open).toBe(0)
  }).pipe(Effect.provide(layer))
})

it.effect("a lost answer costs one time-out; a lost announce forgets the connection", () => {
  let losses = 1
  const { heard, layer } = world((packet) => (packet.packet._tag === "Announce" && losses-- > 0 ? [] : honest(packet)))
  return Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(announce())
    yield* pass("15 seconds")
    expect((yield* Fiber.join(fiber)).seeders).toBe(1)
    expect(tags(heard)).toEqual(["Connect", "Announce", "Connect", "Announce"])
  }).pipe(Effect.provide(layer))
})

it.effect("where nobody is, we learn at once; where another address is left, it is asked", () => {
  const { heard, layer, sockets } = world((packet) => (packet.to.startsWith("[") ? honest(packet) : "gone"))
  return Effect.gen(function* () {
    expect((yield* Effect.flip(announce())).reason).toMatchObject({ _tag: "Unreachable", reason: "refused" })
    expect((yield* announce("udp://double.example:1")).seeders).toBe(1)
    expect(heard.map(({ to }) => to)).toEqual([
      "93.184.216.34:6969",
      "93.184.216.34:1",
      "[2001:db8::1]:1",
      "[2001:db8::1]:1",
    ])
    expect(sockets.open).toBe(0)
  }).pipe(Effect.provide(layer))
})

it.effect("interrupting closes the socket", () => {
  const { layer, sockets } = world(() => [])
  return Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(announce())
    yield* settle
    expect(sockets.open).toBe(1)
    yield* Fiber.interrupt(fiber)
    expect(sockets.open).toBe(0)
  }).pipe(Effect.provide(layer))
})

/**
 * UDP in memory: the `Datagrams` port for as many machines as one likes, with loss and delay under the clock of the program.
 *
 * Packets come as late as the delay says, each for itself, so they may overtake each other; a packet to nobody is lost, and one whose socket has gone meanwhile too. What is given away is the receiver's own copy, and
 * is overwritten afterwards: who keeps a packet is found out.
 */
import { Datagrams, NoSocket } from "@unchoke/dht"
import type { Random } from "@unchoke/dht/internal"
import { Clock, Duration, Effect, Latch, Layer, type Scope } from "effect"
import { NetAddress } from "effect/net"
import { Heap } from "./network/Heap.ts"

/** What becomes of packets on their way. */
export interface Weather {
  /** Of all packets. */
  readonly loss: number
  /** How long each is on its way, from and to. */
  readonly delay: readonly [least: Duration.Input, most: Duration.Input]
  readonly random: Random
}

/** The network: machines are added to it one by one. */
export interface MemoryDatagrams {
  /** A machine that has these addresses; without one of a family it has no such network. */
  readonly at: (hosts: Partial<Readonly<Record<NetAddress.IpFamily, string>>>) => Layer.Layer<Datagrams>
  /** Packets that were sent so far. */
  readonly sent: () => number
}

type Receive = (packet: Uint8Array, from: NetAddress.InetAddress) => void

const dynamicPorts = 49_152

/** A network with this weather. The same seed gives the same course. */
export const make = Effect.fnUntraced(function* ({
  delay,
  loss,
  random,
}: Weather): Effect.fn.Return<MemoryDatagrams, never, Scope.Scope> {
  const [least, most] = delay.map((time) => Duration.toMillis(time)) as [number, number]
  const clock = yield* Clock.Clock
  const now = () => Number(clock.monotonicTimeNanosUnsafe() / 1000n) / 1000
  const sockets = new Map<string, Receive>()
  const underway = new Heap<() => void>()
  const more = Latch.makeUnsafe()
  let sent = 0
  yield* Effect.suspend(() => {
    more.closeUnsafe()
    for (let next = underway.nextTime; next !== undefined && next <= now(); next = underway.nextTime) underway.pop()()
    const next = underway.nextTime
    if (next === undefined) return more.await
    return Effect.raceFirst(Effect.sleep(Duration.millis(Math.max(1, next - now()))), more.await)
  }).pipe(Effect.forever, Effect.forkScoped)
  const send = (packet: Uint8Array, from: NetAddress.InetAddress, to: NetAddress.InetAddress) => {
    sent++
    if (random.below(1_000_000) < loss * 1_000_000) return
    const copy = Uint8Array.from(packet)
    underway.push(now() + least + random.below(most - least + 1), () => {
      sockets.get(NetAddress.formatInet(to))?.(copy, from)
      copy.fill(0xee)
    })
    more.openUnsafe()
  }
  const at: MemoryDatagrams["at"] = (hosts) =>
    Layer.succeed(Datagrams)({
      open: Effect.fnUntraced(function* (family, ports, receive) {
        const host = hosts[family]
        if (host === undefined) return yield* new NoSocket({ family, reason: "no such network" })
        const ip = NetAddress.ipFromStringUnsafe(host)
        const free = (port: number) => !sockets.has(NetAddress.formatInet(NetAddress.inetAddressUnsafe(ip, port)))
        let dynamic = dynamicPorts
        while (!free(dynamic)) dynamic++
        const port = ports.map((port) => (port === 0 ? dynamic : port)).find(free)
        if (port === undefined) return yield* new NoSocket({ family, reason: "in use" })
        const local = NetAddress.inetAddressUnsafe(ip, port)
        const name = NetAddress.formatInet(local)
        yield* Effect.acquireRelease(
          Effect.sync(() => void sockets.set(name, receive)),
          () => Effect.sync(() => void sockets.delete(name)),
        )
        return { port, send: (packet: Uint8Array, to: NetAddress.InetAddress) => send(packet, local, to) }
      }),
    })
  return { at, sent: () => sent }
})

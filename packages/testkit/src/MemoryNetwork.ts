/**
 * A network in memory, under whichever clock there is: nodes with an address, a line of given rates and delay, and a `Dialer` and a `Listener` of their own.
 *
 * What goes from one node to another is limited by the sender's rate up and the receiver's rate down, each shared fairly among the node's connections; what is on its way is bounded, and
 * whoever writes more waits. The same program does the same each time. Cheap enough for a hundred engines: plain callbacks, and one wake-up of the clock a grain of time.
 */
import { Context, Duration, Effect, FiberSet, Layer, Random, type Scope } from "effect"
import { NetAddress } from "effect/net"
import { Socket } from "effect/socket"
import { Dialer, Listener, ListenFailed, type Incoming } from "@unchoke/engine"
import * as MemorySocket from "./MemorySocket.ts"
import { Agenda } from "./network/Agenda.ts"
import { Flow } from "./network/Flow.ts"
import { Pacer } from "./network/Pacer.ts"

/** What all lines have in common. */
export interface NetworkOptions {
  /** Each node has randomness of its own, which follows from this and its address (default: 0). */
  readonly seed?: number
  /**
   * Bytes of one direction of a connection that may be on their way or unread before a write has to wait (default: 256 KiB). Together with the delay, and the grain, it bounds the rate of one connection: 256 KiB every
   * 45 ms are 5.8 MB/s.
   */
  readonly buffer?: number
  /** So much time of the network is worked off at once: what arrives in between is read at the end of it (default: 5 ms). Rates are exact all the same. */
  readonly grain?: Duration.Input
}

/** What the line of one node is like. */
export interface NodeOptions {
  /** Bytes a second that it sends (default: those of a gigabit). */
  readonly up?: number
  /** Bytes a second that it receives (default: the same). */
  readonly down?: number
  /** How long it is from it to the middle of the network, and back; a way has two such halves (default: no time). */
  readonly delay?: Duration.Input
  /** It can call, but calls to it are never answered, though it may listen (default: no). */
  readonly behindNat?: boolean
}

/** A machine in the network, and what went over its line. */
export interface Node {
  /** How it reaches the network and is reached, and its randomness. */
  readonly layer: Layer.Layer<Dialer | Listener>
  /** Its address with this port. */
  readonly at: (port: number) => NetAddress.InetAddress
  /** How many of its connections are open now, dialled and accepted. */
  readonly connections: () => number
  /** Bytes that have left it. */
  readonly sent: () => number
  /** Bytes that have reached it. */
  readonly received: () => number
  /** Resets all its connections; until it is plugged in again nobody answers it, and it answers nobody. */
  readonly unplug: Effect.Effect<void>
  readonly plugIn: Effect.Effect<void>
}

/** The network: nodes are added to it one by one. */
export interface MemoryNetwork {
  /** A new node at this IP address. */
  readonly node: (host: string, options?: NodeOptions) => Node
}

type Welcome = (incoming: Incoming) => void

interface Station {
  readonly host: string
  readonly up: Pacer
  readonly down: Pacer
  readonly delay: number
  readonly behindNat: boolean
  readonly listeners: Map<number, Welcome>
  /** How to break off each of its connections. */
  readonly connections: Set<() => void>
  open: number
  calls: number
  plugged: boolean
}

/** Without any limit a sender that never stops would stop the clock. */
const gigabit = 125_000_000

/** A port that a call comes from. */
const ephemeral = (station: Station): number => 49_152 + (station.calls++ % 16_384)

/** A network without nodes; it stands still when the scope ends. */
export const make = Effect.fnUntraced(function* ({
  buffer = 262_144,
  grain = 5,
  seed = 0,
}: NetworkOptions = {}): Effect.fn.Return<MemoryNetwork, never, Scope.Scope> {
  const clock = yield* Effect.clockWith(Effect.succeed)
  const run = yield* FiberSet.makeRuntime()
  const agenda = new Agenda(
    () => clock.currentTimeMillisUnsafe(),
    (inMillis, ring) => run(Effect.andThen(inMillis > 0 ? Effect.sleep(inMillis) : Effect.yieldNow, Effect.sync(ring))),
    Duration.toMillis(grain),
  )
  const stations = new Map<string, Station>()

  /** The two ends of a connection, and how it comes to stand. */
  const connection = (from: Station, to: Station) => {
    const way = { agenda, delay: from.delay + to.delay, capacity: buffer }
    const there = new Flow({ ...way, up: from.up, down: to.down })
    const back = new Flow({ ...way, up: to.up, down: from.down })
    const breakOff = () => {
      const cause = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" })
      there.breakOff(cause)
      back.breakOff(cause)
    }
    let ends = 2
    const end = (station: Station, inbox: Flow, outbox: Flow): Socket.Socket => {
      const { reader, writer } = MemorySocket.over(inbox, outbox)
      const counted = Effect.acquireRelease(
        Effect.sync(() => void station.open++),
        () =>
          Effect.sync(() => {
            station.open--
            if (--ends > 0) return
            from.connections.delete(breakOff)
            to.connections.delete(breakOff)
          }),
      )
      return Socket.make({ writer, reader: Effect.andThen(counted, reader) })
    }
    const stand = () => {
      from.connections.add(breakOff)
      to.connections.add(breakOff)
    }
    return { near: end(from, back, there), far: end(to, there, back), stand }
  }

  const dial = (from: Station, peer: NetAddress.InetAddress): Socket.Socket => {
    const to = stations.get(NetAddress.formatHost(peer))
    if (to === undefined) return MemorySocket.unanswered
    const { far, near, stand } = connection(from, to)
    const answers = () => from.plugged && to.plugged && !to.behindNat
    const reader = Effect.gen(function* () {
      if (!answers()) return yield* Effect.never
      yield* Effect.sleep(2 * (from.delay + to.delay))
      if (!answers()) return yield* Effect.never
      const welcome = to.listeners.get(peer.port)
      if (welcome === undefined) return yield* MemorySocket.refused().reader
      stand()
      const opened = yield* near.reader
      welcome({ peer: NetAddress.inetAddressFromIpStringUnsafe(from.host, ephemeral(from)), socket: far })
      return opened
    })
    return Socket.make({ reader, writer: near.writer })
  }

  const listen = (station: Station): Listener["Service"]["listen"] =>
    Effect.fnUntraced(function* (ports, welcome) {
      const free = (port: number) => !station.listeners.has(port)
      const port = ports.map((port) => (port === 0 ? ephemeral(station) : port)).find(free)
      if (port === undefined) return yield* new ListenFailed({ ports, reason: "in use" })
      const run = yield* FiberSet.makeRuntime()
      yield* Effect.acquireRelease(
        Effect.sync(() =>
          station.listeners.set(port, (incoming) => {
            // Whoever was not listened to is hung up on as well.
            const closed = Effect.ignore(Effect.scoped(incoming.socket.reader))
            run(Effect.ensuring(Effect.scoped(welcome(incoming)), closed))
          }),
        ),
        () => Effect.sync(() => station.listeners.delete(port)),
      )
      return { port }
    })

  return {
    node: (host, { behindNat = false, delay = 0, down = gigabit, up = gigabit } = {}) => {
      const station: Station = {
        host,
        up: new Pacer(agenda, up),
        down: new Pacer(agenda, down),
        delay: Duration.toMillis(delay),
        behindNat,
        listeners: new Map(),
        connections: new Set(),
        open: 0,
        calls: 0,
        plugged: true,
      }
      stations.set(host, station)
      return {
        layer: Layer.effectContext(
          Effect.map(Random.withSeed(Random.Random, `${seed} ${host}`), (random) =>
            Context.make(Dialer, { dial: (peer) => Effect.sync(() => dial(station, peer)) }).pipe(
              Context.add(Listener, { listen: listen(station) }),
              Context.add(Random.Random, random),
            ),
          ),
        ),
        at: (port) => NetAddress.inetAddressFromIpStringUnsafe(host, port),
        connections: () => station.open,
        sent: () => station.up.carried,
        received: () => station.down.carried,
        unplug: Effect.sync(() => {
          station.plugged = false
          for (const breakOff of station.connections) breakOff()
        }),
        plugIn: Effect.sync(() => void (station.plugged = true)),
      }
    },
  }
})

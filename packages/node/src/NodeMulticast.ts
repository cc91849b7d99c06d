/**
 * The `Multicast` port over Node's UDP sockets: one socket for a family, a member in each network that this machine is in.
 *
 * Invariants: nothing comes or goes by the loopback; who is in none of our networks is not heard, whatever it sends to our port; no error of the network ends more than one datagram. A program that
 * listens here ends all the same.
 */
import { Effect, Layer, Result, type Scope, Semaphore } from "effect"
import { IpInterface, IpNetwork, NetAddress } from "effect/net"
import * as Dgram from "node:dgram"
import * as Os from "node:os"
import { type Heard, type Membership, Multicast, MulticastFailed } from "@unchoke/engine"
import { bindReason } from "./bindReason.ts"
import { isSwitchedOff } from "./isSwitchedOff.ts"

type Family = NetAddress.IpFamily

/** The variable of the environment that switches it off, whatever the program. */
const off = "UNCHOKE_NO_LSD"

/** The `Multicast` of this machine, in all its networks. Off where `UNCHOKE_NO_LSD` is set. */
export const layer: Layer.Layer<Multicast> = Layer.succeed(Multicast)({
  join: Effect.fnUntraced(function* (groups, heard) {
    if (isSwitchedOff(off) || interfaces().length === 0) return undefined
    const opened = yield* Effect.forEach(groups, (group) => Effect.result(open(group, heard)))
    const sockets = opened.filter(Result.isSuccess).map(({ success }) => success)
    if (sockets.length > 0) return membership(sockets)
    return yield* opened.find(Result.isFailure)!.failure
  }),
})

/** A network that this machine is in, and how a socket is told of it. */
interface Interface {
  readonly family: Family
  readonly name: string
  readonly network: IpNetwork.IpNetwork | undefined
}

const interfaces = (): ReadonlyArray<Interface> =>
  Object.entries(Os.networkInterfaces()).flatMap(([device, addresses = []]) =>
    addresses
      .filter(({ internal }) => !internal)
      .map(({ address, cidr, family }) => ({
        family,
        name: family === "IPv4" ? address : `::%${device}`,
        network: cidr === null ? undefined : networkOf(cidr),
      })),
  )

/** The network in which an interface has an address, such as `192.168.1.7/24`. */
const networkOf = (cidr: string): IpNetwork.IpNetwork | undefined =>
  Result.getOrUndefined(Result.map(IpInterface.fromString(cidr), IpNetwork.fromInterface))

/** A socket that hears a group. */
interface Open {
  readonly group: NetAddress.InetAddress
  readonly socket: Dgram.Socket
  /** Becomes a member in each network where it is none yet. */
  readonly enter: (networks: ReadonlyArray<Interface>) => ReadonlyArray<Interface>
}

const open = (
  group: NetAddress.InetAddress,
  heard: (heard: Heard) => void,
): Effect.Effect<Open, MulticastFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const family = NetAddress.familyOf(group)
    const socket = yield* Effect.acquireRelease(
      Effect.sync(() =>
        Dgram.createSocket({ type: family === "IPv4" ? "udp4" : "udp6", reuseAddr: true, ipv6Only: family === "IPv6" }),
      ),
      (socket) => Effect.sync(() => socket.close()),
    )
    yield* bound(socket, group.port)
    socket.unref()
    let networks: ReadonlyArray<Interface> = []
    const member = new Set<string>()
    const host = NetAddress.formatHost(group)
    socket.on("message", (message, { address }) => {
      const from = addressOf(address)
      if (from === undefined || !networks.some(({ network }) => isWithin(from, network))) return
      heard({ from, datagram: new Uint8Array(message.buffer, message.byteOffset, message.byteLength) })
    })
    const enter: Open["enter"] = (all) => {
      networks = all.filter((network) => network.family === family)
      for (const { name } of networks) {
        if (member.has(name)) continue
        if (attempt(() => socket.addMembership(host, name))) member.add(name)
      }
      return distinct(networks)
    }
    enter(interfaces())
    return { group, socket, enter }
  })

const membership = (sockets: ReadonlyArray<Open>): Membership => {
  // A socket sends by one network at a time.
  const mouth = Semaphore.makeUnsafe(1)
  return {
    send: Effect.fnUntraced(function* (group, datagram) {
      for (const { enter, group: of, socket } of sockets) {
        if (of !== group) continue
        for (const { name } of enter(interfaces())) {
          if (attempt(() => socket.setMulticastInterface(name))) yield* sent(socket, group, datagram)
        }
      }
    }, mouth.withPermit),
  }
}

const sent = (socket: Dgram.Socket, group: NetAddress.InetAddress, datagram: Uint8Array) =>
  Effect.callback<void>((resume) => {
    socket.send(datagram, group.port, NetAddress.formatHost(group), () => resume(Effect.void))
  })

const bound = (socket: Dgram.Socket, port: number) =>
  Effect.callback<void, MulticastFailed>((resume) => {
    const failed = (cause: NodeJS.ErrnoException) =>
      resume(Effect.fail(new MulticastFailed({ reason: bindReason(cause), cause })))
    socket.once("error", failed)
    socket.bind(port, () => {
      socket.off("error", failed)
      // Of one datagram that could not be sent or received; the next one may be.
      socket.on("error", () => {})
      resume(Effect.void)
    })
  })

/** A link-local address names its interface. */
const addressOf = (text: string): NetAddress.IpAddress | undefined => {
  const zones = text.includes("%")
    ? NetAddress.scopeIdsFromInterfaces(Object.entries(Os.networkInterfaces()))
    : undefined
  return Result.getOrUndefined(
    Result.map(NetAddress.inetAddressFromHostString(text, 1, zones), ({ address }) => address),
  )
}

const isWithin = (address: NetAddress.IpAddress, network: IpNetwork.IpNetwork | undefined): boolean =>
  NetAddress.isLinkLocal(address) || (network !== undefined && IpNetwork.contains(network, address))

/** An interface with several addresses of IPv6 is one. */
const distinct = (networks: ReadonlyArray<Interface>): ReadonlyArray<Interface> => [
  ...new Map(networks.map((network) => [network.name, network])).values(),
]

/** Whether the system does it: an interface may have gone, or know no multicast. */
const attempt = (act: () => void): boolean => {
  try {
    act()
    return true
  } catch {
    return false
  }
}

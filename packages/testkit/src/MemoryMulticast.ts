/** A local network in memory: what one host says to a group, all hear who have joined it, the one who says it among them. */
import { Effect, Layer } from "effect"
import { NetAddress } from "effect/net"
import { type Heard, Multicast } from "@unchoke/engine"

/** Something that a host has said to a group. */
export interface Said {
  readonly from: string
  readonly group: string
  readonly datagram: Uint8Array
}

/** The network, and all that was said in it. */
export interface MemoryMulticast {
  /** All that was said, in order. */
  readonly said: ReadonlyArray<Said>
  /** How many have joined now. */
  readonly members: () => number
  /** Says something as that host. */
  readonly say: (from: string, group: NetAddress.InetAddress, datagram: Uint8Array) => void
  /** The network as that host sees it. */
  readonly layer: (host: string) => Layer.Layer<Multicast>
}

interface Member {
  readonly groups: ReadonlySet<string>
  readonly heard: (heard: Heard) => void
}

/** An empty network. */
export const make = (): MemoryMulticast => {
  const said: Array<Said> = []
  const members = new Set<Member>()
  const say: MemoryMulticast["say"] = (from, to, datagram) => {
    const group = NetAddress.formatInet(to)
    said.push({ from, group, datagram })
    const heard = { from: NetAddress.ipFromStringUnsafe(from), datagram }
    for (const member of members) if (member.groups.has(group)) member.heard(heard)
  }
  return {
    said,
    members: () => members.size,
    say,
    layer: (host) =>
      Layer.succeed(Multicast)({
        join: (groups, heard) =>
          Effect.acquireRelease(
            Effect.sync(() => {
              const member: Member = { groups: new Set(groups.map((group) => NetAddress.formatInet(group))), heard }
              members.add(member)
              return member
            }),
            (member) => Effect.sync(() => void members.delete(member)),
          ).pipe(Effect.as({ send: (group, datagram) => Effect.sync(() => say(host, group, datagram)) })),
      }),
  }
}

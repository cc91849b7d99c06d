/** Who has announced what, as a tracker keeps it. */
import type { AnnounceRequest } from "@unchoke/protocol"
import * as Hex from "effect/encoding/Hex"
import { NetAddress } from "effect/net"

interface Member {
  readonly peer: NetAddress.InetAddress
  readonly seeder: boolean
}

type Request = Pick<AnnounceRequest.AnnounceRequest, "infoHash">

export class AnnouncedPeers {
  readonly #torrents = new Map<string, Map<string, Member>>()

  /** Notes an announce: who has stopped is forgotten. */
  update(peer: NetAddress.InetAddress, request: AnnounceRequest.AnnounceRequest): void {
    const members = this.#membersOf(request)
    const name = NetAddress.formatInet(peer)
    if (request.event === "stopped") members.delete(name)
    else members.set(name, { peer, seeder: request.left === 0 })
  }

  /** Everybody but the one who asks, as many as it wants. */
  others(asking: NetAddress.InetAddress, request: AnnounceRequest.AnnounceRequest): Array<NetAddress.InetAddress> {
    const name = NetAddress.formatInet(asking)
    return [...this.#membersOf(request)]
      .filter(([other]) => other !== name)
      .map(([, { peer }]) => peer)
      .slice(0, request.numWant)
  }

  seeders(request: Request): number {
    return [...this.#membersOf(request).values()].filter(({ seeder }) => seeder).length
  }

  leechers(request: Request): number {
    return this.#membersOf(request).size - this.seeders(request)
  }

  #membersOf({ infoHash }: Request): Map<string, Member> {
    const torrent = Hex.encode(infoHash)
    const members = this.#torrents.get(torrent) ?? new Map<string, Member>()
    this.#torrents.set(torrent, members)
    return members
  }
}

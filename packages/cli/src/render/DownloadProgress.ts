/**
 * How far a download is: a fold of its events.
 *
 * `pending` is what has arrived and is not verified. Bytes are reported with some delay, so it may be below zero for a moment; what is shown never is.
 */
import { Geometry } from "@unchoke/protocol"
import { NetAddress } from "effect/net"
import type { DownloadEvent, Seen, Torrent } from "unchoke"
import { safe } from "./text.ts"
import * as Swarm from "./Swarm.ts"

export interface DownloadProgress {
  readonly geometry: Geometry.Geometry
  /** How many pieces were looked at on the disk, and how many of them were there. */
  readonly checked: number
  readonly present: number
  /** How many pieces are on the disk now, and how many bytes they are; and how many were there before. */
  readonly stored: number
  readonly bytes: number
  readonly bytesBefore: number
  readonly pending: number
  readonly swarm: Swarm.Swarm
  /** The swarm when the last link was opened. */
  readonly swarmBefore: Swarm.Swarm
  readonly links: ReadonlyMap<string, Link>
  /** Everyone that we download or downloaded from, and who they are. */
  readonly served: ReadonlyMap<string, string>
  /** Who hung up or fell silent, and how often in a row. */
  readonly losses: ReadonlyMap<string, Losses>
  /** What arrived in the last few seconds. */
  readonly recent: ReadonlyArray<Arrival>
  /** When the first link was opened, by a clock in milliseconds. */
  readonly began: number | undefined
  readonly done: boolean
}

export interface Link {
  readonly who: string
  readonly choked: boolean
  /** Whether anything came over it. */
  readonly gave: boolean
}

/** How often a peer was lost without having done anything wrong. */
export interface Losses {
  readonly who: string
  readonly times: number
}

interface Arrival {
  readonly at: number
  readonly bytes: number
}

/** The rate is a mean over so many milliseconds. */
const window = 5000

export const initial = ({ geometry }: Torrent): DownloadProgress => ({
  geometry,
  checked: 0,
  present: 0,
  stored: 0,
  bytes: 0,
  bytesBefore: 0,
  pending: 0,
  swarm: Swarm.empty,
  swarmBefore: Swarm.empty,
  links: new Map(),
  served: new Map(),
  losses: new Map(),
  recent: [],
  began: undefined,
  done: false,
})

/** `now` is the time in milliseconds, by a clock that nobody sets. */
export const step = (self: DownloadProgress, event: DownloadEvent, now: number): DownloadProgress => {
  switch (event._tag) {
    case "Checking":
      return {
        ...self,
        checked: event.checked,
        present: event.present,
        stored: event.present,
        bytes: event.bytes,
        bytesBefore: event.bytes,
      }
    case "SourceAnswered":
    case "OutOfReach":
    case "Condemned":
    case "LinkLeftOut":
    case "Listening":
    case "NotListening":
    case "Sent":
    case "Copies":
    case "Waiting":
      return self
    case "Discarded":
      return { ...self, pending: self.pending - event.bytes }
    case "Dialling":
    case "Connected":
    case "Parked":
    case "Rejected":
      return { ...self, swarm: Swarm.step(self.swarm, event) }
    case "Joined": {
      const peer = NetAddress.formatInet(event.peer)
      const who = whoIs(event.peer, event.seen)
      return {
        ...self,
        swarm: Swarm.decided(self.swarm),
        // Of an opening that nobody is told, the rejections before it are told with the next.
        swarmBefore: isHabitual(self, event.peer) ? self.swarmBefore : self.swarm,
        links: new Map(self.links).set(peer, { who, choked: false, gave: self.served.has(peer) }),
        served: new Map(self.served).set(peer, who),
        began: self.began ?? now,
      }
    }
    case "Standing":
      return { ...self, links: changed(self.links, event.peer, { choked: event.standing === "parked" }) }
    case "Received": {
      return {
        ...self,
        pending: self.pending + event.bytes,
        links: changed(self.links, event.peer, { gave: true }),
        recent: [...self.recent.filter(({ at }) => at > now - window), { at: now, bytes: event.bytes }],
      }
    }
    case "PieceStored":
      return {
        ...self,
        stored: event.stored,
        bytes: self.bytes + event.bytes,
        pending: self.pending - event.bytes,
      }
    case "PieceCorrupt":
      return { ...self, pending: self.pending - Geometry.pieceSize(self.geometry, event.piece) }
    case "Left": {
      const peer = NetAddress.formatInet(event.peer)
      const gave = self.links.get(peer)?.gave === true
      const who = self.links.get(peer)?.who ?? peer
      return {
        ...self,
        losses: isHarmless(event)
          ? new Map(self.losses).set(peer, { who, times: lossesOf(self, event.peer) + 1 })
          : without(self.losses, event.peer),
        links: without(self.links, event.peer),
        served: gave ? self.served : without(self.served, event.peer),
      }
    }
    case "Done":
      return { ...self, stored: event.pieces, bytes: event.bytes, pending: 0, links: new Map(), done: true }
  }
}

/** After so many losses in a row another one is no news. */
export const habit = 3

export const lossesOf = ({ losses }: DownloadProgress, peer: NetAddress.InetAddress): number =>
  losses.get(NetAddress.formatInet(peer))?.times ?? 0

/** Whether nothing more is said of this peer's comings and goings. */
export const isHabitual = (self: DownloadProgress, peer: NetAddress.InetAddress): boolean =>
  lossesOf(self, peer) >= habit

/** A loss after which the peer is called again. */
export const isHarmless = ({ error }: Extract<DownloadEvent, { readonly _tag: "Left" }>): boolean =>
  error._tag === "Disconnected" || error._tag === "Stalled"

/** How many bytes of the torrent have arrived, what was there before included. */
export const arrived = (self: DownloadProgress): number => {
  const pending = self.stored === self.geometry.pieces ? 0 : Math.max(0, self.pending)
  return Math.min(self.geometry.length, self.bytes + pending)
}

/** Bytes per second over the last few seconds. */
export const rateOf = ({ began, recent }: DownloadProgress, now: number): number => {
  if (began === undefined) return 0
  const sum = recent.reduce((sum, { at, bytes }) => (at > now - window ? sum + bytes : sum), 0)
  return (sum * 1000) / Math.max(100, Math.min(window, now - began))
}

/** Milliseconds until the end at this rate, or `undefined` where there is none. */
export const timeLeft = (self: DownloadProgress, now: number): number | undefined => {
  const rate = rateOf(self, now)
  return rate > 0 ? ((self.geometry.length - arrived(self)) / rate) * 1000 : undefined
}

/** "1.2.3.4:6881 (Transmission 3.00)". */
export const whoIs = (peer: NetAddress.InetAddress, { client }: Seen): string =>
  NetAddress.formatInet(peer) + (client === undefined ? "" : ` (${safe(client)})`)

const without = <A>(map: ReadonlyMap<string, A>, peer: NetAddress.InetAddress): ReadonlyMap<string, A> => {
  const rest = new Map(map)
  rest.delete(NetAddress.formatInet(peer))
  return rest
}

const changed = (
  links: DownloadProgress["links"],
  peer: NetAddress.InetAddress,
  change: Partial<Link>,
): DownloadProgress["links"] => {
  const link = links.get(NetAddress.formatInet(peer))
  return link === undefined ? links : new Map(links).set(NetAddress.formatInet(peer), { ...link, ...change })
}

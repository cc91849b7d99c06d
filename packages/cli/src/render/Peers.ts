/**
 * Who we are connected to, what they do for us and we for them, and who has given us something: a fold of a download's events.
 *
 * Invariant: in a race or a sequence whoever joins is chosen to supply; in a swarm it is one of many, and supplies when it is said to.
 */
import { HashMap } from "effect"
import { NetAddress } from "effect/net"
import type { DownloadEvent, Seen, Standing } from "@unchoke/engine"
import { safe } from "./text.ts"

export interface Peers {
  readonly links: ReadonlyMap<string, Link>
  /** Who hung up or fell silent in a race or a sequence, and how often in a row. */
  readonly losses: ReadonlyMap<string, Losses>
  /** How much came from whom, and why who is not here any more has left: nobody who was found out to have sent what is not the torrent's. */
  readonly givers: HashMap.HashMap<string, Giver>
}

export interface Giver {
  readonly who: string
  readonly bytes: number
  /** Why it has left, while it is not here. */
  readonly left: Extract<DownloadEvent, { readonly _tag: "Left" }>["error"] | undefined
}

/** So many are kept in mind. */
const mostGivers = 1000

export interface Link {
  readonly who: string
  readonly standing: Standing
  /** Whether we serve it. */
  readonly serving: boolean
}

/** How often a peer was lost without having done anything wrong. */
export interface Losses {
  readonly who: string
  readonly times: number
}

type Happening = Extract<
  DownloadEvent,
  { readonly _tag: "Joined" | "Identified" | "Standing" | "Received" | "Left" | "Condemned" }
>

export const none: Peers = { links: new Map(), losses: new Map(), givers: HashMap.empty() }

export const step = (self: Peers, event: Happening, isSwarm: boolean): Peers => ({
  ...stepLinks(self, event, isSwarm),
  givers: stepGivers(self, event),
})

const stepGivers = ({ givers, links }: Peers, event: Happening): Peers["givers"] => {
  const peer = NetAddress.formatInet(event.peer)
  const known = HashMap.has(givers, peer)
  switch (event._tag) {
    case "Joined":
    case "Identified":
      return HashMap.modify(givers, peer, (giver) => ({
        ...giver,
        who: whoIs(event.peer, event.seen),
        left: undefined,
      }))
    case "Received": {
      if (!known && HashMap.size(givers) >= mostGivers) return givers
      const { bytes, who } = known ? HashMap.getUnsafe(givers, peer) : { bytes: 0, who: links.get(peer)?.who ?? peer }
      return HashMap.set(givers, peer, { who, bytes: bytes + event.bytes, left: undefined })
    }
    case "Left":
      return isLiar(event)
        ? HashMap.remove(givers, peer)
        : HashMap.modify(givers, peer, (giver) => ({ ...giver, left: event.error }))
    case "Condemned":
      return HashMap.remove(givers, peer)
    case "Standing":
      return givers
  }
}

const stepLinks = (self: Peers, event: Happening, isSwarm: boolean): Peers => {
  const peer = NetAddress.formatInet(event.peer)
  const link = self.links.get(peer)
  switch (event._tag) {
    case "Joined": {
      const who = whoIs(event.peer, event.seen)
      const standing = isSwarm ? "idle" : "supplying"
      return {
        ...self,
        links: new Map(self.links).set(peer, { who, standing, serving: false }),
      }
    }
    case "Identified": {
      if (link === undefined) return self
      const who = whoIs(event.peer, event.seen)
      return { ...self, links: new Map(self.links).set(peer, { ...link, who }) }
    }
    case "Standing": {
      if (link === undefined) return self
      const { serving, standing } = event
      return { ...self, links: new Map(self.links).set(peer, { ...link, standing, serving }) }
    }
    case "Left":
      return {
        ...self,
        links: without(self.links, peer),
        losses: isSwarm
          ? self.losses
          : isHarmless(event)
            ? new Map(self.losses).set(peer, { who: link?.who ?? peer, times: lossesOf(self, event.peer) + 1 })
            : without(self.losses, peer),
      }
    case "Received":
    case "Condemned":
      return self
  }
}

/** Who has given us something that was not found out to be wrong, the most first. */
export const whoGave = ({ givers }: Peers): ReadonlyArray<string> =>
  [...HashMap.values(givers)].toSorted((a, b) => b.bytes - a.bytes || (a.who < b.who ? -1 : 1)).map(({ who }) => who)

/** After so many losses in a row another one is no news. */
export const habit = 3

export const lossesOf = ({ losses }: Peers, peer: NetAddress.InetAddress): number =>
  losses.get(NetAddress.formatInet(peer))?.times ?? 0

/** Whether nothing more is said of this peer's comings and goings. */
export const isHabitual = (self: Peers, peer: NetAddress.InetAddress): boolean => lossesOf(self, peer) >= habit

/** A loss after which the peer is called again. */
export const isHarmless = ({ error }: Extract<DownloadEvent, { readonly _tag: "Left" }>): boolean =>
  error._tag === "Disconnected" || error._tag === "Stalled"

/** "1.2.3.4:6881 (Transmission 3.00)". */
export const whoIs = (peer: NetAddress.InetAddress, { client }: Seen): string =>
  NetAddress.formatInet(peer) + (client === undefined ? "" : ` (${safe(client)})`)

const isLiar = ({ error }: Extract<DownloadEvent, { readonly _tag: "Left" }>): boolean => error._tag === "CorruptPiece"

const without = <A>(map: ReadonlyMap<string, A>, peer: string): ReadonlyMap<string, A> => {
  if (!map.has(peer)) return map
  const rest = new Map(map)
  rest.delete(peer)
  return rest
}

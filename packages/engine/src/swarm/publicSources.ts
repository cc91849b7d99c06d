/** Where the peers of a torrent are found that may be looked for where everybody sees it. */
import { Duration, Effect, Stream } from "effect"
import type { Host } from "effect/net"
import type { PeerSource } from "../sources/PeerSource.ts"
import type { PublicInfoHash } from "../sources/PublicInfoHash.ts"
import type { Session } from "./Session.ts"

export interface PublicSourcesOptions {
  readonly dht?: boolean | undefined
  readonly lsd?: boolean | undefined
}

/** What else there is to find peers by. */
export interface Others {
  readonly peers: boolean
  readonly trackers: boolean
  /** Nodes of the DHT that the torrent names (BEP 5). */
  readonly nodes?: ReadonlyArray<Host.HostPort> | undefined
}

/** So much sooner others are asked: whoever finds what it needs within that has no need of the DHT, which takes a while to load and to enter. */
const headStart = Duration.seconds(1)

const later = (source: PeerSource): PeerSource => ({
  ...source,
  find: (seeker) => Stream.unwrap(Effect.as(Effect.sleep(headStart), source.find(seeker))),
})

/** Of a private torrent there is no such info hash, and nothing is looked for (BEP 27). */
export const publicSources = (
  session: Session["Service"],
  infoHash: PublicInfoHash | undefined,
  { nodes = [], peers, trackers }: Others,
  options: PublicSourcesOptions,
): ReadonlyArray<PeerSource> => {
  if (infoHash === undefined) return []
  const dht = options.dht === false ? undefined : session.dht?.of(infoHash, nodes)
  const isLate = peers || trackers
  const localDiscovery = options.lsd === false ? undefined : session.localDiscovery?.of(infoHash)
  return [dht && isLate ? later(dht) : dht, localDiscovery].filter((source) => source !== undefined)
}

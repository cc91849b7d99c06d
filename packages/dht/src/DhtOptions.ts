/** What the DHT is told, and what it tells. */
import type { Host, NetAddress } from "effect/net"

/** What a node needs to begin. */
export interface DhtOptions {
  /** So many unguessable bytes. */
  readonly random: (length: number) => Uint8Array
  /** UDP ports to be reached at: the first that is free, and any when none is (default: any). */
  readonly ports?: ReadonlyArray<number> | undefined
  /** Nodes to enter by (`--dht-node`, a torrent's `nodes`); names need an `AddressResolver`. */
  readonly nodes?: ReadonlyArray<Host.HostPort> | undefined
  /** Nodes that let everybody in, asked while we know hardly anybody (default: `usualRouters`). */
  readonly routers?: ReadonlyArray<Host.HostPort> | undefined
  /** What `snapshot` gave the last time. */
  readonly snapshot?: Uint8Array | undefined
}

/** What is said of us in a search, and where else it may begin. */
export interface FindOptions {
  /** The TCP port at which we can be called; without one we are announced to nobody. */
  readonly port?: number | undefined
  /** Nodes that the torrent itself names (BEP 5); of many the first few. */
  readonly nodes?: ReadonlyArray<Host.HostPort> | undefined
  /** Whether we have everything. */
  readonly isComplete?: (() => boolean) | undefined
}

/** What a search has found since it last said something, and whether it is still looking. */
export interface Found {
  readonly peers: ReadonlyArray<NetAddress.InetAddress>
  readonly more: boolean
}

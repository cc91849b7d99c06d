/** Nodes that let everybody into the DHT, as the clients of today know them. */
import { Host } from "effect/net"

/** By name and port; asked only while hardly anybody is known. */
export const usualRouters: ReadonlyArray<Host.HostPort> = [
  "dht.libtorrent.org:25401",
  "dht.transmissionbt.com:6881",
  "router.bittorrent.com:6881",
  "router.utorrent.com:6881",
  "router.silotis.us:6881",
].map(Host.hostPortFromStringUnsafe)

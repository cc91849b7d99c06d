/** The port to the DHT (BEP 5), which the engine knows only as a source of peers. One node for a program; without it nobody is looked for there. */
import { Context } from "effect"
import type { Host } from "effect/net"
import type { PeerSource } from "./PeerSource.ts"
import type { PublicInfoHash } from "./PublicInfoHash.ts"

/** Provides the DHT; `NodeDht.layer` of `@unchoke/node` is one. */
export class DhtSource extends Context.Service<
  DhtSource,
  {
    /** The peers of a torrent; it cannot be asked for a private one (BEP 27). `nodes` are those that the torrent itself names (BEP 5). */
    readonly of: (infoHash: PublicInfoHash, nodes: ReadonlyArray<Host.HostPort>) => PeerSource
  }
>()("unchoke/DhtSource") {}

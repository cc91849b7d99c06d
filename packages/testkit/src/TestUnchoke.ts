/** The whole engine in memory, in one line: peers that follow scripts, a disk, a tracker and a DHT that name those peers, under whichever clock there is. */
import { Layer } from "effect"
import type { Digest } from "effect/crypto"
import { NetAddress } from "effect/net"
import { type SessionOptions, Unchoke } from "@unchoke/engine"
import type { Content } from "./Content.ts"
import * as MemoryDht from "./MemoryDht.ts"
import * as MemoryPieceStore from "./MemoryPieceStore.ts"
import * as MemorySwarm from "./MemorySwarm.ts"
import * as MemoryTracker from "./MemoryTracker.ts"
import type { Script } from "./Script.ts"
import * as TestDigest from "./TestDigest.ts"

/** A torrent, the peers that have it, and the disk that it goes to. */
export interface World {
  /** What all of it is about. Where it has an announce URL (`MemoryTracker.url` or any other), the tracker names the peers; without, the DHT. */
  readonly content: Content
  /** What each peer does: by its address, or in the order of `addressOf`. */
  readonly peers: ReadonlyArray<Script> | Readonly<Record<string, Script>>
  /** What is on the disk, how slow it is, and what fails there (default: nothing, no time, nothing). */
  readonly disk?: MemoryPieceStore.Options
  /** What all torrents share (default: no limits). */
  readonly session?: SessionOptions
}

/** The address of the peer that was given as this one of a list, from 0. */
export const addressOf = (index: number): NetAddress.InetAddress =>
  NetAddress.inetAddressFromIpStringUnsafe(`198.51.${100 + (index >> 8)}.${index & 255}`, 6881)

/** The engine, and what a test looks at: what the swarm, the disk, the tracker and the DHT have seen. Nothing of it takes real time, and nothing is shared with another build of the layer. */
export const layer = ({
  content,
  disk,
  peers,
  session = {},
}: World): Layer.Layer<
  | Unchoke
  | Digest.Digest
  | MemorySwarm.MemorySwarm
  | MemoryPieceStore.MemoryPieceStore
  | MemoryTracker.Announces
  | MemoryDht.MemoryDht
> => {
  const scripts = isList(peers)
    ? Object.fromEntries(peers.map((script, index) => [NetAddress.formatInet(addressOf(index)), script]))
    : peers
  const named = Object.keys(scripts).map(NetAddress.inetAddressFromStringUnsafe)
  return Unchoke.layerWith(session).pipe(
    Layer.provideMerge(
      Layer.mergeAll(
        MemorySwarm.layer({ content, peers: scripts }),
        MemoryPieceStore.layer(disk),
        MemoryTracker.layerNaming(named),
        MemoryDht.layer({ peers: named }),
        TestDigest.layer,
      ),
    ),
  )
}

const isList = (peers: World["peers"]): peers is ReadonlyArray<Script> => Array.isArray(peers)

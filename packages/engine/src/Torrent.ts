/** A torrent that can be downloaded: its metainfo and the info hash that names it. */
import { Bencode, BencodeView, MagnetLink, Metainfo } from "@unchoke/protocol"
import { Effect, Result } from "effect"
import { Digest } from "effect/crypto"
import * as Hex from "effect/encoding/Hex"
import { Host } from "effect/net"
import { InvalidTorrent } from "./InvalidTorrent.ts"
import { UnsupportedTorrent } from "./UnsupportedTorrent.ts"

export interface Torrent extends Metainfo.Metainfo {
  /** SHA-1 of the raw `info` dictionary, 20 bytes (BEP 3). */
  readonly infoHash: Uint8Array
}

/**
 * Reads a `.torrent` file of up to 128 MiB; one that gives no name is called by its info hash. The torrent keeps views of `bytes`, which must not change any
 * more. Fails with `InvalidTorrent`, which names the member that is wrong, or with `UnsupportedTorrent` for one of BitTorrent v2 alone.
 */
const fromBytes = Effect.fn("Torrent.fromBytes")(function* (
  bytes: Uint8Array,
): Effect.fn.Return<Torrent, InvalidTorrent | UnsupportedTorrent, Digest.Digest> {
  const metainfo = yield* read(bytes)
  const { digest } = yield* Digest.Digest
  const infoHash = yield* digest(Digest.sha1, metainfo.info)
  return { ...(metainfo.named ? metainfo : yield* read(bytes, Hex.encode(infoHash))), infoHash }
})

const read = (bytes: Uint8Array, nameless?: string) =>
  Effect.mapError(Effect.fromResult(Metainfo.fromBytes(bytes, nameless)), (fault) =>
    fault.unsupportedVersion === undefined
      ? new InvalidTorrent(fault)
      : new UnsupportedTorrent({ version: fault.unsupportedVersion }),
  )

/**
 * The torrent that a link names, by its description: the bytes of `info` (BEP 9). Trackers and web seeds are the link's. Fails as `fromBytes` does.
 */
const fromDescription = (
  link: MagnetLink.MagnetLink,
  info: Uint8Array,
): Effect.Effect<Torrent, InvalidTorrent | UnsupportedTorrent, Digest.Digest> => {
  const { trackers, unusedTrackers, webSeeds } = link
  const urls = [...trackers, unusedTrackers.map(({ url }) => url)].filter((tier) => tier.length > 0)
  const members = new Map([["info", info]])
  if (urls.length > 0) members.set("announce-list", Bencode.encode(urls.map((tier) => [...tier])))
  if (webSeeds.length > 0) members.set("url-list", Bencode.encode([...webSeeds]))
  return fromBytes(Bencode.encodeWithRawMembers(members))
}

/** The link that names a torrent: its hash, name, trackers and web seeds. */
const toLink = ({ infoHash, name, named, trackers, webSeeds }: Torrent): MagnetLink.MagnetLink => ({
  ...MagnetLink.ofHash(infoHash),
  name: named ? name : undefined,
  trackers,
  webSeeds,
})

/** A torrent with more wants to aim us at somebody. */
const mostNodes = 32

/** The nodes of the DHT that a torrent names (BEP 5): those that can be called. */
const nodesOf = ({ unknown }: Torrent): ReadonlyArray<Host.HostPort> => {
  const encoded = unknown.get("nodes")
  const list = encoded === undefined ? undefined : Result.getOrUndefined(BencodeView.fromBytes(encoded))
  if (list?.isList !== true) return []
  return [...list.items()].slice(0, mostNodes).flatMap((node) => {
    const [host, port] = node.isList ? [...node.items()] : []
    const at = Result.flatMap(Host.hostFromString(host?.text ?? ""), (host) => Host.hostPort(host, port?.integer ?? 0))
    return Result.isSuccess(at) && at.success.port > 0 ? [at.success] : []
  })
}

/** How a torrent is had: read from bytes, or described by peers. */
export const Torrent = { fromBytes, fromDescription, toLink, nodesOf } as const

/** A torrent that can be downloaded: its metainfo and the info hash that names it. */
import { Bencode, MagnetLink, Metainfo } from "@unchoke/protocol"
import { Effect } from "effect"
import { Digest } from "effect/crypto"
import * as Hex from "effect/encoding/Hex"
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

export const Torrent = { fromBytes, fromDescription, toLink } as const

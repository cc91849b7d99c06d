/** A torrent that can be downloaded: its metainfo and the info hash that names it. */
import { Bencode, BencodeView, MagnetLink, Metainfo } from "@unchoke/protocol"
import { Effect, FileSystem, type PlatformError, Result, Stream } from "effect"
import { Digest } from "effect/crypto"
import * as Hex from "effect/encoding/Hex"
import type { HttpClient } from "effect/http"
import { Host } from "effect/net"
import type { DescribeOptions } from "./describeLink.ts"
import type { LinkDownloadError } from "./download.ts"
import type { FetchOptions } from "./fetchTorrent.ts"
import { InvalidLink } from "./InvalidLink.ts"
import { InvalidTorrent } from "./InvalidTorrent.ts"
import type { TorrentNotFetched } from "./TorrentNotFetched.ts"
import type { Unchoke } from "./Unchoke.ts"
import { UnsupportedTorrent } from "./UnsupportedTorrent.ts"

/** What a `.torrent` file, or a peer, says of a torrent, and the hash that names it. Its pieces, files, trackers and web seeds are members of `Metainfo`. */
export interface Torrent extends Metainfo.Metainfo {
  /** SHA-1 of the raw `info` dictionary, 20 bytes (BEP 3). */
  readonly infoHash: Uint8Array
}

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

const fromFile = Effect.fn("Torrent.fromFile")(function* (
  path: string,
): Effect.fn.Return<
  Torrent,
  PlatformError.PlatformError | InvalidTorrent | UnsupportedTorrent,
  FileSystem.FileSystem | Digest.Digest
> {
  const fs = yield* FileSystem.FileSystem
  const { size, type } = yield* fs.stat(path)
  // Whoever names a film by mistake is told at once.
  if (size > Metainfo.maxLength) return yield* refused(`is longer than ${Metainfo.maxLength} bytes`)
  // A pipe or a device may have no end.
  if (type !== "File" && type !== "Directory") return yield* refused("is not a regular file")
  return yield* fromBytes(yield* fs.readFile(path))
})

const refused = (why: string) => new InvalidTorrent({ field: "torrent", why })

const fromUrl = Effect.fn("Torrent.fromUrl")(function* (
  url: string,
  options: FetchOptions = {},
): Effect.fn.Return<
  Torrent,
  TorrentNotFetched | InvalidTorrent | UnsupportedTorrent,
  HttpClient.HttpClient | Digest.Digest
> {
  // HTTP takes longer to load than all the rest, and few need it.
  const { fetchTorrent } = yield* Effect.promise(() => import("./fetchTorrent.ts"))
  return yield* fromBytes(yield* fetchTorrent(url, options))
})

const fromMagnet = Effect.fn("Torrent.fromMagnet")(function* (
  link: string | MagnetLink.MagnetLink,
  options: Omit<DescribeOptions, "described"> = {},
): Effect.fn.Return<Torrent, InvalidLink | LinkDownloadError, Unchoke> {
  const parsed = typeof link === "string" ? MagnetLink.fromString(link) : Result.succeed(link)
  const sought = yield* Effect.mapError(Effect.fromResult(parsed), (why) => new InvalidLink({ why }))
  // The engine itself is built on this module.
  const { Unchoke } = yield* Effect.promise(() => import("./Unchoke.ts"))
  let torrent: Torrent | undefined
  yield* Stream.runDrain(
    (yield* Unchoke).describe(sought, {
      ...options,
      described: (known) => Effect.sync(() => void (torrent = known)),
    }),
  )
  // A description that does not come is a failure of the stream.
  return torrent!
})

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

const toLink = ({ infoHash, name, named, trackers, webSeeds }: Torrent): MagnetLink.MagnetLink => ({
  ...MagnetLink.ofHash(infoHash),
  name: named ? name : undefined,
  trackers,
  webSeeds,
})

/** A torrent with more wants to aim us at somebody. */
const mostNodes = 32

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
export const Torrent = {
  /**
   * Reads a `.torrent` file of up to 128 MiB; one that gives no name is called by its info hash. The torrent keeps views of `bytes`, which must not change any
   * more. Fails with `InvalidTorrent`, which names the member that is wrong, or with `UnsupportedTorrent` for one of BitTorrent v2 alone.
   */
  fromBytes,
  /**
   * Reads a `.torrent` file of the file system, as `fromBytes` does. Fails with `PlatformError` when it is not to be had, and with `InvalidTorrent` too when it is
   * longer than 128 MiB or no regular file (of a pipe take the bytes, and `fromBytes`).
   */
  fromFile,
  /**
   * Fetches a `.torrent` file from the web with the `HttpClient` at hand: within a minute, 128 MiB at the most, over ten redirects at the most. Fails with `TorrentNotFetched`, which has the reason, and as
   * `fromBytes` does.
   */
  fromUrl,
  /**
   * Asks peers what the torrent of a magnet link (or of a bare info hash) is, and downloads nothing (BEP 9). Fails with `InvalidLink` when the text is no link, and as `Unchoke.describe` does. There is no
   * deadline for all of it: it ends when nobody is left to be asked, or is interrupted (`Effect.timeout`).
   */
  fromMagnet,
  /**
   * The torrent that a link names, by its description: the bytes of `info` (BEP 9). Trackers and web seeds are the link's. Fails as `fromBytes` does.
   */
  fromDescription,
  /** The link that names a torrent: its hash, name, trackers and web seeds. */
  toLink,
  /** The nodes of the DHT that a torrent names (BEP 5): those that can be called. */
  nodesOf,
} as const

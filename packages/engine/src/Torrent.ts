/** A torrent that can be downloaded: its metainfo and the info hash that names it. */
import { Metainfo } from "@unchoke/protocol"
import { Effect, Result } from "effect"
import { Digest } from "effect/crypto"
import { InvalidTorrent } from "./InvalidTorrent.ts"

export interface Torrent extends Metainfo.Metainfo {
  /** SHA-1 of the raw `info` dictionary, 20 bytes (BEP 3). */
  readonly infoHash: Uint8Array
}

/**
 * Reads a `.torrent` file of up to 32 MiB. The torrent keeps views of `bytes`, which must not change any more. Fails with `InvalidTorrent`, which names
 * the member that is wrong.
 */
const fromBytes = Effect.fn("Torrent.fromBytes")(function* (
  bytes: Uint8Array,
): Effect.fn.Return<Torrent, InvalidTorrent, Digest.Digest> {
  const metainfo = Metainfo.fromBytes(bytes)
  if (Result.isFailure(metainfo)) return yield* new InvalidTorrent(metainfo.failure)
  const { digest } = yield* Digest.Digest
  return { ...metainfo.success, infoHash: yield* digest(Digest.sha1, metainfo.success.info) }
})

export const Torrent = { fromBytes } as const

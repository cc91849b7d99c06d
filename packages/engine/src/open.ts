/** A torrent whose files can be read while it is downloaded. */
import type { MagnetLink } from "@unchoke/protocol"
import { Effect, Stream } from "effect"
import type { Digest } from "effect/crypto"
import type { DownloadEvent } from "./DownloadEvent.ts"
import { type DownloadError, downloadFor, downloadLinkFor, type LinkDownloadError } from "./download.ts"
import type { Dialer } from "./peer/Dialer.ts"
import type { Tracker } from "./sources/trackers/Tracker.ts"
import type { PieceStore } from "./storage/PieceStore.ts"
import type { StorageError } from "./storage/StorageError.ts"
import type { CannotRead } from "./swarm/CannotRead.ts"
import type { DownloadOptions } from "./swarm/DownloadOptions.ts"
import { type FileRange, Readers } from "./swarm/Readers.ts"
import type { Torrent } from "./Torrent.ts"

/** What came of opening a torrent: its events, which drive it, and its bytes. */
export interface OpenTorrent<E = LinkDownloadError, R = never> {
  /**
   * Draining it downloads, and then serves until it is interrupted (or `options.seed` is reached); nothing can be read before it is drained, nor behind its end. One drains it once at a time.
   */
  readonly events: Stream.Stream<DownloadEvent, E, R>
  /**
   * The bytes of a file, by its place in the torrent's list (from 0); each as soon as it is there and verified, as fast as they are taken. What it needs next is fetched before all else; what nobody reads, as the
   * strategy likes. As often as one likes, at the same time too. Interrupted, it lets go.
   *
   * Fails with `CannotRead` where there is no such file, stretch, or wish, or when the download has ended; with `StorageError` when the disk does not give what was there.
   */
  readonly read: (file: number, range?: FileRange) => Stream.Stream<Uint8Array, CannotRead | StorageError>
}

type Needs = Dialer | PieceStore | Tracker

/** Opens a torrent, or what a magnet link names. Nothing happens before its events are drained. */
export const open: {
  (torrent: Torrent, options: DownloadOptions): OpenTorrent<DownloadError, Needs>
  (
    torrent: Torrent | MagnetLink.MagnetLink,
    options: DownloadOptions,
  ): OpenTorrent<LinkDownloadError, Needs | Digest.Digest>
} = ((torrent: Torrent | MagnetLink.MagnetLink, options: DownloadOptions) => {
  const readers = new Readers()
  const asked = { ...options, seed: options.seed ?? {}, readers }
  const events = Stream.suspend((): Stream.Stream<DownloadEvent, LinkDownloadError, Needs | Digest.Digest> => {
    readers.begin()
    return "geometry" in torrent ? downloadFor(torrent, asked) : downloadLinkFor(torrent, asked)
  }).pipe(Stream.onExit(() => Effect.sync(() => readers.end())))
  return { events, read: (file, range) => readers.read(file, range) } satisfies OpenTorrent<
    LinkDownloadError,
    Needs | Digest.Digest
  >
}) as typeof open

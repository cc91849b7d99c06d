/** What is the torrent of a magnet link? Known from an earlier download, or asked of its peers. */
import type { MagnetLink } from "@unchoke/protocol"
import { Effect, type Stream } from "effect"
import type { Digest } from "effect/crypto"
import * as Hex from "effect/encoding/Hex"
import { NetAddress } from "effect/net"
import type { DownloadEvent } from "./DownloadEvent.ts"
import type { LinkDownloadError } from "./download.ts"
import type { Dialer } from "./peer/Dialer.ts"
import { observed } from "./observe/observed.ts"
import { reported } from "./reported.ts"
import { once, type PeerSource } from "./sources/PeerSource.ts"
import type { Tracker } from "./sources/trackers/Tracker.ts"
import { Descriptions } from "./storage/Descriptions.ts"
import { describe } from "./swarm/describe.ts"
import type { DownloadOptions } from "./swarm/DownloadOptions.ts"
import * as Rendezvous from "./swarm/Rendezvous.ts"
import { inHand } from "./swarm/Session.ts"
import { Torrent } from "./Torrent.ts"

/** Where it is asked, and what is told. */
export interface DescribeOptions extends Omit<Rendezvous.RendezvousOptions, "onlyAsks"> {
  /** Where an earlier download may have left what the torrent is (default: nowhere, peers are asked). */
  readonly folder?: string | undefined
  /** Told what the torrent is, as soon as it is known. */
  readonly described?: DownloadOptions["described"]
}

type Report = (event: DownloadEvent) => Effect.Effect<void>

/**
 * Asks peers what the torrent of a magnet link is, and downloads nothing: `options.described` is told. Where it is known in `options.folder`, if one is given, from an earlier download, nobody is asked.
 */
export const describeLink = (
  link: MagnetLink.MagnetLink,
  options: DescribeOptions,
): Stream.Stream<DownloadEvent, LinkDownloadError, Dialer | Tracker | Digest.Digest> =>
  reported(
    observed({ activity: "describe", torrent: link }, (report: Report) =>
      Effect.scoped(
        Effect.gen(function* () {
          const known = yield* recall(link, options)
          const info = known ?? (yield* ask(link, { ...options, onlyAsks: true }, report)).info
          yield* described(link, info, options, report)
        }),
      ),
    ),
  )

/** What the torrent of a link is, where an earlier download into the folder has left it. */
export const recall = ({ infoHash }: MagnetLink.MagnetLink, { folder }: Pick<DescribeOptions, "folder">) =>
  Effect.flatMap(Descriptions, (descriptions) =>
    folder === undefined ? Effect.undefined : descriptions.recall(infoHash, folder),
  )

/** The same options with the peers that the link names by their addresses (`x.pe`); those that it names otherwise have to be looked up first. */
export const withPeersOf = <Options extends { readonly sources?: ReadonlyArray<PeerSource> | undefined }>(
  link: MagnetLink.MagnetLink,
  options: Options,
): Options => ({ ...options, sources: [...peersIn(link), ...(options.sources ?? [])] })

/** The peers that a link names by their addresses, as a source. */
export const peersIn = ({ peers }: MagnetLink.MagnetLink): ReadonlyArray<PeerSource> => {
  const named = peers.flatMap(({ host, port }) =>
    NetAddress.isIpAddress(host) ? [NetAddress.inetAddressUnsafe(host, port)] : [],
  )
  return named.length === 0 ? [] : [once("x.pe", "x.pe", Effect.succeed(named))]
}

/** Asks whoever is at the torrent's rendezvous, and takes along whoever is connected by then. */
export const ask = Effect.fnUntraced(function* (
  link: MagnetLink.MagnetLink,
  options: Rendezvous.RendezvousOptions,
  report: Report,
) {
  const name = link.name ?? Hex.encode(link.infoHash)
  const sought = { ...link, name, private: undefined }
  yield* inHand(sought, options)
  const rendezvous = yield* Rendezvous.open(sought, withPeersOf(link, options), report)
  return { rendezvous, ...(yield* describe(link, rendezvous, report)) }
})

/** The torrent of which this is the description. */
export const described = Effect.fnUntraced(function* (
  link: MagnetLink.MagnetLink,
  info: Uint8Array,
  options: Pick<DownloadOptions, "described">,
  report: (event: Extract<DownloadEvent, { readonly _tag: "Described" }>) => Effect.Effect<void>,
) {
  const torrent = yield* Torrent.fromDescription(link, info)
  yield* options.described?.(torrent) ?? Effect.void
  const { files, geometry, name } = torrent
  const shown = files.filter(({ padding }) => !padding).length
  yield* report({
    _tag: "Described",
    name,
    bytes: geometry.length,
    pieces: geometry.pieces,
    files: shown,
    private: torrent.private,
  })
  return torrent
})

/** The engine as a service: what an embedding program asks for. */
import type { MagnetLink } from "@unchoke/protocol"
import { Context, Effect, Layer, Stream } from "effect"
import type { Digest } from "effect/crypto"
import type { NetAddress } from "effect/net"
import type { Dialer } from "./peer/Dialer.ts"
import { asCalled } from "./observe/asCalled.ts"
import type { ProbeError, Seen } from "./peer/errors.ts"
import * as Encryption from "./peer/encryption/Encryption.ts"
import { describeLink, type DescribeOptions } from "./describeLink.ts"
import { download, type DownloadError, downloadLink, type LinkDownloadError } from "./download.ts"
import type { DownloadOptions } from "./swarm/DownloadOptions.ts"
import type { DownloadEvent } from "./DownloadEvent.ts"
import { probe, type ProbeOptions } from "./probe.ts"
import type { InvalidOption } from "./InvalidOption.ts"
import type { NothingChosen } from "./NothingChosen.ts"
import type { NoPeers } from "./sources/NoPeers.ts"
import type { StorageError } from "./storage/StorageError.ts"
import { type Checked, type FoundFile, PieceStore } from "./storage/PieceStore.ts"
import { open, type OpenTorrent } from "./open.ts"
import { survey, surveyLink } from "./survey.ts"
import type { LinkSurveyOptions, SurveyOptions } from "./SurveyOptions.ts"
import type { SurveyEvent } from "./SurveyEvent.ts"
import { seed, type SeedError } from "./seed.ts"
import type { SeedOptions } from "./swarm/DownloadOptions.ts"
import { make as makeSession, Session, type SessionOptions } from "./swarm/Session.ts"
import type { Torrent } from "./Torrent.ts"
import type { Tracker } from "./sources/trackers/Tracker.ts"

/** Downloads, probes and verifies torrents. */
export class Unchoke extends Context.Service<
  Unchoke,
  {
    /**
     * Downloads a torrent into a folder: a stream of events. Draining it downloads; interrupting it stops and leaves a state that the next download resumes.
     */
    readonly download: {
      /** Downloads a torrent into a folder. */
      (torrent: Torrent, options: DownloadOptions): Stream.Stream<DownloadEvent, DownloadError>
      /** Asks peers what the torrent of a link is, and downloads it into a folder. */
      (
        torrent: Torrent | MagnetLink.MagnetLink,
        options: DownloadOptions,
      ): Stream.Stream<DownloadEvent, LinkDownloadError>
    }
    /** A torrent whose files can be read while it is downloaded: nothing happens before its events are drained. */
    readonly open: {
      /** A torrent whose files can be read while it is downloaded. */
      (torrent: Torrent, options: DownloadOptions): OpenTorrent<DownloadError>
      /** The same of a link: what can be read is known when its torrent is. */
      (torrent: Torrent | MagnetLink.MagnetLink, options: DownloadOptions): OpenTorrent
    }
    /** Asks peers what the torrent of a magnet link is: draining it asks, `options.described` is told. Downloads nothing. */
    readonly describe: (
      link: MagnetLink.MagnetLink,
      options: DescribeOptions,
    ) => Stream.Stream<DownloadEvent, LinkDownloadError>
    /** Serves what of a torrent is in a folder: a stream of events that ends at the goal. Draining it serves; interrupting it stops. */
    readonly seed: (torrent: Torrent, options: SeedOptions) => Stream.Stream<DownloadEvent, SeedError>
    /** Finds out whether one peer would really give us a torrent, and hangs up: what was seen of one that would, or the step that failed. */
    readonly probe: (
      torrent: Torrent,
      peer: NetAddress.InetAddress,
      options?: ProbeOptions,
    ) => Effect.Effect<Seen, ProbeError>
    /** Probes every peer of a torrent to its end, downloading nothing; of a link peers are asked first what the torrent is, and nobody is called twice. */
    readonly survey: {
      /** Probes every peer of a torrent. */
      (torrent: Torrent, options?: SurveyOptions): Stream.Stream<SurveyEvent, NoPeers | NothingChosen | InvalidOption>
      /** Asks peers what the torrent of a link is, and probes each. */
      (
        torrent: Torrent | MagnetLink.MagnetLink,
        options: LinkSurveyOptions,
      ): Stream.Stream<SurveyEvent, LinkDownloadError>
    }
    /** Looks at every piece of a torrent in a folder: is it there, and right? */
    readonly verify: (torrent: Torrent, folder: string) => Stream.Stream<Checked, StorageError>
    /** What is in the place of each of a torrent's files, in their order. */
    readonly inspect: (torrent: Torrent, folder: string) => Effect.Effect<ReadonlyArray<FoundFile>, StorageError>
  }
>()("unchoke/Unchoke") {
  /** The engine over any `Dialer`, `PieceStore` and `Tracker`; where there is a `Listener` too, others can call us. */
  static readonly layerWith = (options: SessionOptions) =>
    Layer.effect(
      Unchoke,
      Effect.gen(function* () {
        const given = yield* Effect.context<Dialer | PieceStore | Tracker | Digest.Digest>()
        const services = Encryption.over(options.encryption ?? "prefer", given)
        const session = yield* Effect.provideContext(makeSession(options), services)
        const context = asCalled(Context.add(services, Session, session))
        const store = yield* PieceStore
        return Unchoke.of({
          download: ((torrent: Torrent | MagnetLink.MagnetLink, options: DownloadOptions) =>
            "geometry" in torrent
              ? Stream.updateContext(download(torrent, options), context)
              : Stream.updateContext(downloadLink(torrent, options), context)) as Unchoke["Service"]["download"],
          open: ((torrent: Torrent | MagnetLink.MagnetLink, options: DownloadOptions) => {
            const { events, read } = open(torrent, options)
            return { events: Stream.updateContext(events, context), read }
          }) as Unchoke["Service"]["open"],
          describe: (link, options) => Stream.updateContext(describeLink(link, options), context),
          seed: (torrent, options) => Stream.updateContext(seed(torrent, options), context),
          probe: (torrent, peer, options) => Effect.updateContext(probe(torrent, peer, options), context),
          survey: ((torrent: Torrent | MagnetLink.MagnetLink, options: LinkSurveyOptions) =>
            "geometry" in torrent
              ? Stream.updateContext(survey(torrent, options), context)
              : Stream.updateContext(surveyLink(torrent, options), context)) as Unchoke["Service"]["survey"],
          verify: (torrent, folder) =>
            Stream.unwrap(Effect.map(store.open(torrent, folder, { readOnly: true }), ({ check }) => check)),
          inspect: (torrent, folder) =>
            Effect.scoped(Effect.flatMap(store.open(torrent, folder, { readOnly: true }), ({ found }) => found)),
        })
      }),
    )

  static readonly layer = Unchoke.layerWith({})
}

/**
 * A download is a stream of events: draining it downloads, interrupting it stops, closes every socket, and leaves a state that resumes.
 *
 * Invariants: what is verified on the disk is never fetched again; no byte is reported as stored before its piece's hash was right and the write has returned.
 */
import type { MagnetLink } from "@unchoke/protocol"
import { Effect, Random, type Scope, type Stream } from "effect"
import type { Digest } from "effect/crypto"
import type { DownloadEvent } from "./DownloadEvent.ts"
import type { Dialer } from "./peer/Dialer.ts"
import { chosen, selected, toldOf, wishesOf } from "./chosen.ts"
import type { InvalidOption } from "./InvalidOption.ts"
import type { NothingChosen } from "./NothingChosen.ts"
import { PiecePlan } from "./pieces/PiecePlan.ts"
import type { NoSuitablePeer } from "./probe/NoSuitablePeer.ts"
import type { NoPeers } from "./sources/NoPeers.ts"
import type { Tracker } from "./sources/trackers/Tracker.ts"
import { Descriptions } from "./storage/Descriptions.ts"
import { PieceStore } from "./storage/PieceStore.ts"
import { returning } from "./storage/returning.ts"
import type { StorageError } from "./storage/StorageError.ts"
import type { AlreadyRunning } from "./swarm/AlreadyRunning.ts"
import type { DownloadOptions } from "./swarm/DownloadOptions.ts"
import type { Readers } from "./swarm/Readers.ts"
import { ask, described, recall, withPeersOf } from "./describeLink.ts"
import * as Rendezvous from "./swarm/Rendezvous.ts"
import { run as runSwarm } from "./swarm/run.ts"
import { inHand } from "./swarm/Session.ts"
import { observed } from "./observe/observed.ts"
import { reported } from "./reported.ts"
import type { InvalidTorrent } from "./InvalidTorrent.ts"
import type { UnsupportedTorrent } from "./UnsupportedTorrent.ts"
import type { Torrent } from "./Torrent.ts"
import { whatIsThere } from "./whatIsThere.ts"

/** How a download of a torrent ends that did not get to its end. What was stored stays, and the next one resumes it. */
export type DownloadError = NoSuitablePeer | NoPeers | StorageError | AlreadyRunning | NothingChosen | InvalidOption
/** The same by a link: what it leads to may moreover be no torrent, or none that can be downloaded. */
export type LinkDownloadError = DownloadError | InvalidTorrent | UnsupportedTorrent

/**
 * Downloads a torrent into a folder. What is there already is verified and kept.
 *
 * Events may be relied on:
 *
 * - Order: `Chosen` first, where not all is wanted; `Checking` until all was looked at; then all else. Of a peer `Dialling`, `Connected`, and `Rejected` or `Joined`, in a race also of who was not chosen (`Dismissed`); what it gives and gets only between
 *   `Joined` (which comes first of one that has called us) and `Left`. Only `Done` leaves those who are still called or here without an end. Each `PieceStored` counts one more, of each piece there is one at most. `Done` is the last, and the only one, or goes before what is told of seeding.
 * - Disk: a piece that was told as stored is verified and written. Whenever the stream ends, fails or is interrupted, its sockets and files are closed, and those pieces are not fetched again.
 * - Pace: it waits for who takes no more events. By then 2048 events may be untaken, and 1024 more pieces stored; nothing is asked of peers any more, and nobody new is called. Peers who are here are listened to and told
 *   that we are alive, however long it takes, so that none is blamed for it. Do what takes long elsewhere, or the whole download goes at that pace.
 *
 * Fails with `NoPeers` when no source names a peer, with `NoSuitablePeer` when there is none left that would give us the rest (both keep what was fetched), with `StorageError`
 * when the disk refuses, with `AlreadyRunning` when this program has the torrent in hand already, with `NothingChosen` when no file of it is wanted, with `InvalidOption` when one of the options, or of the program's, makes no sense.
 */
export const download = (
  torrent: Torrent,
  options: DownloadOptions,
): Stream.Stream<DownloadEvent, DownloadError, Dialer | PieceStore | Tracker> => downloadFor(torrent, options)

/** A download with those who read it meanwhile. */
type Asked = DownloadOptions & { readonly readers?: Readers }

/** The same for those who read meanwhile. */
export const downloadFor = (
  torrent: Torrent,
  options: Asked,
): Stream.Stream<DownloadEvent, DownloadError, Dialer | PieceStore | Tracker> =>
  reported(
    observed({ activity: "download", torrent }, (report: Report) =>
      Effect.asVoid(run(torrent, options, untilDone(options, report))),
    ),
  )

/**
 * Downloads what a magnet link names: peers are asked first what the torrent is, `options.described` is told, and whoever is connected by then goes on to give it. Fails as `download` does, and as
 * `Torrent.fromBytes` where the link leads to a torrent that is none.
 */
export const downloadLink = (
  link: MagnetLink.MagnetLink,
  options: DownloadOptions,
): Stream.Stream<DownloadEvent, LinkDownloadError, Dialer | PieceStore | Tracker | Digest.Digest> =>
  downloadLinkFor(link, options)

/** The same for those who read meanwhile. */
export const downloadLinkFor = (
  link: MagnetLink.MagnetLink,
  options: Asked,
): Stream.Stream<DownloadEvent, LinkDownloadError, Dialer | PieceStore | Tracker | Digest.Digest> =>
  reported(
    observed({ activity: "download", torrent: link }, (report: Report) =>
      runLink(link, { ...options, files: options.files ?? selected(link) }, untilDone(options, report)),
    ),
  )

type Report = (event: DownloadEvent) => Effect.Effect<void>

/** Behind `Done` comes what is told of seeding, or nothing: while it waits to be taken, peers are still here and may do something. */
const untilDone = ({ seed }: DownloadOptions, report: Report): Report => {
  let isOver = false
  return (event) => {
    if (isOver) return Effect.void
    isOver = event._tag === "Done" && seed === undefined
    return report(event)
  }
}

/** Whether it was to be all of the torrent. */
const run = Effect.fnUntraced(function* (
  torrent: Torrent,
  options: Asked,
  report: Report,
): Effect.fn.Return<boolean, DownloadError, Dialer | PieceStore | Tracker | Scope.Scope> {
  yield* inHand(torrent, options)
  const place = yield* prepare(torrent, options, report)
  if (place.isDone) return place.isWhole
  yield* Effect.scoped(
    Effect.gen(function* () {
      const rendezvous = yield* Rendezvous.ofTorrent(torrent, place.plan, options, report)
      yield* runSwarm({ torrent, rendezvous, options, ...place, report })
    }),
  )
  return place.isWhole
})

const runLink = Effect.fnUntraced(function* (
  link: MagnetLink.MagnetLink,
  options: Asked,
  report: Report,
): Effect.fn.Return<void, LinkDownloadError, Dialer | PieceStore | Tracker | Digest.Digest | Scope.Scope> {
  const descriptions = yield* Descriptions
  // Of a part of it one may want more later.
  const forgetIf = (isWhole: boolean) => (isWhole ? descriptions.forget(link.infoHash, options.folder) : Effect.void)
  const again = withPeersOf(link, options)
  const known = yield* recall(link, options)
  if (known !== undefined) {
    return yield* forgetIf(yield* run(yield* described(link, known, options, report), again, report))
  }
  const asking = Effect.gen(function* () {
    const { guests, info, refused, rendezvous } = yield* ask(link, options, report)
    const torrent = yield* described(link, info, options, report)
    // Of whoever was found where everybody looks, a private torrent may know nobody (BEP 27).
    if (torrent.private) return torrent
    yield* rendezvous.sources.described
    const place = yield* prepare(torrent, options, report)
    const keep = descriptions.keep(link.infoHash, options.folder, info)
    if (place.isDone) return place.isWhole
    const store = { ...place.store, prepare: Effect.andThen(place.store.prepare, keep) }
    yield* runSwarm({ torrent, rendezvous, guests, refused, options, ...place, store, report })
    return place.isWhole
  })
  const ended = yield* Effect.scoped(asking)
  yield* forgetIf(typeof ended === "boolean" ? ended : yield* run(ended, again, report))
})

/** Looks at what is there. */
const prepare = Effect.fnUntraced(function* (torrent: Torrent, options: DownloadOptions, report: Report) {
  const choice = yield* chosen(torrent, options.files)
  if (choice !== undefined) yield* report(toldOf(torrent, choice))
  const store = yield* returning(
    yield* (yield* PieceStore).open(torrent, options.folder, {
      overwrite: options.overwrite,
      choice,
    }),
  )
  yield* store.lock
  const looked = options.recheck === true ? store.check : store.resume
  const present = yield* whatIsThere(torrent, looked, report, choice)
  const salt = [yield* Random.nextInt, yield* Random.nextInt] as const
  const plan = new PiecePlan(torrent.geometry, present, {
    lend: store.lend,
    salt,
    wishes: wishesOf(choice),
    inOrder: options.sequential === true,
  })
  // What is in the way is told before anybody is asked for anything.
  yield* store.claim
  const completed = Effect.gen(function* () {
    for (const { path, why } of yield* store.link) yield* report({ _tag: "LinkLeftOut", path, why })
    const { bytes, pieces } = plan.extent
    yield* report({ _tag: "Done", pieces, bytes })
  })
  // What is complete already may not have its name yet.
  if (plan.complete) yield* store.prepare
  const isDone = plan.complete && options.seed === undefined
  if (isDone) yield* completed
  return { store, plan, completed, isDone, isWhole: choice === undefined }
})

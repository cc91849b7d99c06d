/**
 * A download is a stream of events: draining it downloads, interrupting it stops, closes every socket, and leaves a state that resumes.
 *
 * Invariants: what is verified on the disk is never fetched again; no byte is reported as stored before its piece's hash was right and the write has returned.
 */
import { Effect, Random, type Scope, type Stream } from "effect"
import type { DownloadEvent } from "./DownloadEvent.ts"
import type { Dialer } from "./peer/Dialer.ts"
import { PiecePlan } from "./pieces/PiecePlan.ts"
import type { NoSuitablePeer } from "./probe/NoSuitablePeer.ts"
import type { NoPeers } from "./sources/NoPeers.ts"
import type { Tracker } from "./sources/trackers/Tracker.ts"
import { PieceStore } from "./storage/PieceStore.ts"
import { returning } from "./storage/returning.ts"
import type { StorageError } from "./storage/StorageError.ts"
import type { AlreadyRunning } from "./swarm/AlreadyRunning.ts"
import type { DownloadOptions } from "./swarm/DownloadOptions.ts"
import { run as runSwarm } from "./swarm/run.ts"
import { reported } from "./reported.ts"
import type { Torrent } from "./Torrent.ts"
import { whatIsThere } from "./whatIsThere.ts"

export type DownloadError = NoSuitablePeer | NoPeers | StorageError | AlreadyRunning

/**
 * Downloads a torrent into a folder. What is there already is verified and kept.
 *
 * Fails with `NoPeers` when no source names a peer, with `NoSuitablePeer` when there is none left that would give us the rest (both keep what was fetched), with `StorageError`
 * when the disk refuses, with `AlreadyRunning` when this program has the torrent in hand already.
 */
export const download = (
  torrent: Torrent,
  options: DownloadOptions,
): Stream.Stream<DownloadEvent, DownloadError, Dialer | PieceStore | Tracker> =>
  reported((report) => run(torrent, options, report))

const run = Effect.fn("unchoke.download")(function* (
  torrent: Torrent,
  options: DownloadOptions,
  report: (event: DownloadEvent) => Effect.Effect<void>,
): Effect.fn.Return<void, DownloadError, Dialer | PieceStore | Tracker | Scope.Scope> {
  const { length, pieces } = torrent.geometry
  const store = yield* returning(
    yield* (yield* PieceStore).open(torrent, options.folder, { overwrite: options.overwrite }),
  )
  yield* store.lock
  const looked = options.recheck === true ? store.check : store.resume
  const present = yield* whatIsThere(torrent, looked, report)
  const salt = [yield* Random.nextInt, yield* Random.nextInt] as const
  const plan = new PiecePlan(torrent.geometry, present, { lend: store.lend, salt })
  // What is in the way is told before anybody is asked for anything.
  yield* store.claim
  const completed = Effect.gen(function* () {
    for (const { path, why } of yield* store.link) yield* report({ _tag: "LinkLeftOut", path, why })
    yield* report({ _tag: "Done", pieces, bytes: length })
  })
  // What is complete already may not have its name yet.
  if (plan.complete) yield* store.prepare
  if (plan.complete && options.seed === undefined) return yield* completed
  yield* Effect.scoped(runSwarm({ torrent, options, store, plan, completed, report }))
})

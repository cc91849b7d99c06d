/**
 * A download is a stream of events: draining it downloads, interrupting it stops, closes every socket, and leaves a state that resumes.
 *
 * Invariants: what is verified on the disk is never fetched again; no byte is reported as stored before its piece's hash was right and the write has returned.
 */
import { Bitfield, Geometry } from "@unchoke/protocol"
import { Effect, Queue, Random, type Scope, Stream } from "effect"
import type { Dialer } from "./peer/Dialer.ts"
import type { DownloadEvent } from "./DownloadEvent.ts"
import type { NoPeers } from "./sources/NoPeers.ts"
import type { NoSuitablePeer } from "./probe/NoSuitablePeer.ts"
import type { StorageError } from "./storage/StorageError.ts"
import { fetchMissing } from "./swarm/fetchMissing.ts"
import { PiecePlan } from "./pieces/PiecePlan.ts"
import { PieceStore, type StoredTorrent } from "./storage/PieceStore.ts"
import type { DownloadOptions } from "./swarm/DownloadOptions.ts"
import type { Torrent } from "./Torrent.ts"
import type { Tracker } from "./sources/trackers/Tracker.ts"

export type DownloadError = NoSuitablePeer | NoPeers | StorageError

/** So many events wait for a slow consumer; then the download waits for it too. */
const eventsAhead = 1024

/**
 * Downloads a torrent into a folder. What is there already is verified and kept.
 *
 * Fails with `NoPeers` when no source names a peer, with `NoSuitablePeer` when there is none left that would give us the rest (both keep what was fetched), with `StorageError`
 * when the disk refuses.
 */
export const download = (
  torrent: Torrent,
  options: DownloadOptions,
): Stream.Stream<DownloadEvent, DownloadError, Dialer | PieceStore | Tracker> =>
  Stream.callback<DownloadEvent, DownloadError, Dialer | PieceStore | Tracker>(
    (queue) =>
      Effect.andThen(
        run(torrent, options, (event) => Effect.asVoid(Queue.offer(queue, event))),
        Queue.end(queue),
      ),
    { bufferSize: eventsAhead, strategy: "suspend" },
  )

type Report = (event: DownloadEvent) => Effect.Effect<void>

const run = Effect.fn("unchoke.download")(function* (
  torrent: Torrent,
  options: DownloadOptions,
  report: Report,
): Effect.fn.Return<void, DownloadError, Dialer | PieceStore | Tracker | Scope.Scope> {
  const { length, pieces } = torrent.geometry
  const store = yield* (yield* PieceStore).open(torrent, options.folder, { overwrite: options.overwrite })
  yield* store.lock
  const looked = options.recheck === true ? store.check : store.resume
  const present = yield* whatIsThere(torrent, looked, report)
  const salt = [yield* Random.nextInt, yield* Random.nextInt] as const
  const plan = new PiecePlan(torrent.geometry, present, { lend: store.lend, salt })
  // What is in the way is told before anybody is asked for anything.
  yield* store.claim
  yield* plan.complete ? store.prepare : Effect.scoped(fetchMissing({ torrent, options, store, plan, report }))
  for (const { path, why } of yield* store.link) yield* report({ _tag: "LinkLeftOut", path, why })
  yield* report({ _tag: "Done", pieces, bytes: length })
})

/** So many pieces are looked at between two events. */
const piecesPerEvent = 64

const whatIsThere = Effect.fnUntraced(function* (torrent: Torrent, looked: StoredTorrent["check"], report: Report) {
  const { pieces } = torrent.geometry
  const present = Bitfield.Bitfield.empty(pieces)
  let checked = 0
  let bytes = 0
  yield* Stream.runForEach(looked, (piece) => {
    checked++
    if (piece.present) {
      present.add(piece.piece)
      bytes += Geometry.pieceSize(torrent.geometry, piece.piece)
    }
    return checked % piecesPerEvent === 0 || checked === pieces
      ? report({ _tag: "Checking", checked, present: present.count, bytes, pieces })
      : Effect.void
  })
  return present
})

/** A seed is a stream of events: draining it serves what is there, interrupting it stops. */
import { Bitfield } from "@unchoke/protocol"
import { Effect, Random, type Scope, type Stream } from "effect"
import type { DownloadEvent } from "./DownloadEvent.ts"
import type { Dialer } from "./peer/Dialer.ts"
import { chosen, toldOf, wishesOf } from "./chosen.ts"
import type { InvalidOption } from "./InvalidOption.ts"
import type { NothingChosen } from "./NothingChosen.ts"
import type { FileChoice } from "./FileChoice.ts"
import { PiecePlan } from "./pieces/PiecePlan.ts"
import * as Wishes from "./pieces/Wishes.ts"
import type { Tracker } from "./sources/trackers/Tracker.ts"
import { PieceStore } from "./storage/PieceStore.ts"
import type { StorageError } from "./storage/StorageError.ts"
import type { AlreadyRunning } from "./swarm/AlreadyRunning.ts"
import type { SeedOptions } from "./swarm/DownloadOptions.ts"
import * as Rendezvous from "./swarm/Rendezvous.ts"
import { run as runSwarm } from "./swarm/run.ts"
import { inHand } from "./swarm/Session.ts"
import { observed } from "./observe/observed.ts"
import { reported } from "./reported.ts"
import type { Torrent } from "./Torrent.ts"
import { whatIsThere } from "./whatIsThere.ts"

/** How serving a torrent ends that did not get to its goal. */
export type SeedError = StorageError | AlreadyRunning | NothingChosen | InvalidOption

/**
 * Serves what of a torrent is in a folder, verified or remembered to be; what is there in part is served in part, and nothing is fetched or written.
 *
 * Events come as in `download`: `Chosen`, `Checking`, then who comes, takes, and goes; there is no `Done`. Who takes no more events holds up the seed: who is here is served on, but who leaves is replaced only when that is told.
 *
 * Where nothing of it is there, nor the folder, that is no failure: nothing is offered, and it goes on. The last `Checking` tells how much there is, and `inspect` beforehand.
 *
 * Ends at its goal. Fails with `StorageError` when the disk refuses to be looked at, with `AlreadyRunning` when this program has the torrent in hand already,
 * with `NothingChosen` when no file of it is to be served, with `InvalidOption` when one of the options, or of the program's, makes no sense.
 */
export const seed = (
  torrent: Torrent,
  options: SeedOptions,
): Stream.Stream<DownloadEvent, SeedError, Dialer | PieceStore | Tracker> =>
  reported(
    observed({ activity: "seed", torrent }, (report: (event: DownloadEvent) => Effect.Effect<void>) =>
      run(torrent, options, report),
    ),
  )

const run = Effect.fnUntraced(function* (
  torrent: Torrent,
  options: SeedOptions,
  report: (event: DownloadEvent) => Effect.Effect<void>,
): Effect.fn.Return<void, SeedError, Dialer | PieceStore | Tracker | Scope.Scope> {
  yield* inHand(torrent, options)
  const choice = yield* chosen(torrent, options.files)
  if (choice !== undefined) yield* report(toldOf(torrent, choice))
  const store = yield* (yield* PieceStore).open(torrent, options.folder, { readOnly: true, seen: options.seen })
  const looked = options.recheck === true ? store.check : store.resume
  const there = yield* whatIsThere(torrent, looked, report, choice)
  const present = choice === undefined ? there : within(choice, there)
  const salt = [yield* Random.nextInt, yield* Random.nextInt] as const
  const plan = new PiecePlan(torrent.geometry, present, {
    lend: store.lend,
    salt,
    wishes: Wishes.served(wishesOf(choice)),
  })
  const { ratio, time } = options
  const swarm = Effect.gen(function* () {
    const rendezvous = yield* Rendezvous.ofTorrent(torrent, plan, options, report)
    const asked = { ...options, seed: { ratio, time } }
    yield* runSwarm({ torrent, rendezvous, options: asked, store, plan, completed: Effect.void, report })
  })
  yield* Effect.scoped(swarm).pipe(
    // Who wants nothing waits for nobody.
    Effect.catchTags({ NoPeers: Effect.die, NoSuitablePeer: Effect.die }),
  )
})

/** The pieces of the chosen files: others are not promised. */
const within = (choice: FileChoice, there: Bitfield.Bitfield): Bitfield.Bitfield => {
  const pieces = Bitfield.Bitfield.empty(there.size)
  for (let piece = 0; piece < there.size; piece++) if (there.has(piece) && choice.wants(piece)) pieces.add(piece)
  return pieces
}

/** A torrent's swarm from its sources to its end, for a download and for a seed. */
import { Extensions } from "@unchoke/protocol"
import { Duration, Effect, type Scope } from "effect"
import type { DownloadEvent } from "../DownloadEvent.ts"
import type { Dialer } from "../peer/Dialer.ts"
import type { Rejection } from "../peer/errors.ts"
import type { Introduction } from "../peer/Introduction.ts"
import type { About } from "../peer/Self.ts"
import type { Serving } from "../peer/Serve.ts"
import { mostOrders } from "../pieces/Orders.ts"
import type { PiecePlan } from "../pieces/PiecePlan.ts"
import * as Need from "../probe/Need.ts"
import { measured } from "../storage/measured.ts"
import type { StoredTorrent } from "../storage/PieceStore.ts"
import type { StorageError } from "../storage/StorageError.ts"
import * as Unasked from "../sources/Unasked.ts"
import type { Torrent } from "../Torrent.ts"
import type { AlreadyRunning } from "./AlreadyRunning.ts"
import { chooseOnes } from "./chooseOnes.ts"
import type { DownloadOptions, SeedGoal } from "./DownloadOptions.ts"
import { gather } from "./gather.ts"
import { Offer } from "./Offer.ts"
import type { Guest } from "./Guest.ts"
import type { Rendezvous } from "./Rendezvous.ts"
import type { Readers } from "./Readers.ts"
import { giveToNewcomers } from "./giveToNewcomers.ts"
import * as Rounds from "./serveInRounds.ts"
import * as Swarm from "./Swarm.ts"

export interface RunOptions {
  readonly rendezvous: Rendezvous
  /** Who is connected already. */
  readonly guests?: ReadonlyArray<Guest>
  /** Who was called already, to no avail. */
  readonly refused?: ReadonlyArray<Rejection>
  readonly torrent: Torrent
  readonly store: StoredTorrent
  readonly plan: PiecePlan
  readonly options: Omit<DownloadOptions, "folder" | "files" | "recheck" | "overwrite"> & { readonly readers?: Readers }
  /** All that is wanted is stored: once, at the beginning where that is so already. */
  readonly completed: Effect.Effect<void, StorageError>
  readonly report: (event: DownloadEvent) => Effect.Effect<void>
}

export const run = Effect.fnUntraced(function* ({
  completed,
  guests = [],
  options,
  plan,
  refused = [],
  rendezvous,
  report,
  store: given,
  torrent,
}: RunOptions): Effect.fn.Return<void, Swarm.SwarmError | AlreadyRunning, Dialer | Scope.Scope> {
  const { candidates, deadlines, gossip, pace, port, seats, self, session, sources, strategy } = rendezvous
  const store = yield* measured(given)
  const isWhole = strategy !== "swarm"
  const offer = new Offer(plan)
  const uploadLimit = smallest(options.uploadLimit, session.options.uploadLimit)
  const serves = !isWhole && uploadLimit !== 0
  const about = (): About => ({
    extensions: { ut_metadata: Extensions.ids.ut_metadata, ...gossip?.extensions },
    metadataSize: torrent.info.length,
    ...(serves && { requestQueue: mostOrders }),
    ...(port !== undefined && { port }),
    ...(plan.complete && { uploadOnly: true }),
  })
  const introduction = (): Introduction => ({ pieces: serves ? offer.pieces : undefined, about: about() })
  const failed = (piece: number, error: StorageError) =>
    // That passes.
    error.reason !== "too many open files" && offer.lose(piece)
      ? report({ _tag: "PieceLost", piece, error })
      : Effect.void
  const isStored = (piece: number) => offer.has(piece)
  const shelf = yield* session.shelf.open({ geometry: torrent.geometry, read: store.read, isStored, failed })
  const serving: Serving = {
    info: torrent.info,
    geometry: torrent.geometry,
    has: (piece) => offer.has(piece),
    isLost: (piece) => offer.isLost(piece),
    announces: serves,
    share: () => shelf.share,
    use: (orders, send, next) =>
      Effect.catchTag(shelf.use(orders, send, next), "StorageError", () => Effect.fail("unreadable" as const)),
    outlet: session.outlet(options.uploadLimit),
  }
  const everything = Need.everything((piece) => plan.lacks(piece))
  const swarm: Swarm.Swarm = yield* Swarm.make({
    torrent,
    webSeeds: { enabled: options.webSeeds !== false, atLast: isWhole },
    store,
    plan,
    candidates,
    sources,
    unasked: Unasked.of(torrent, options),
    serving,
    // In a swarm a peer that chokes us, or gives a block now and then, is in nobody's way.
    deadlines: isWhole ? deadlines : { ...deadlines, unchoke: Duration.infinity, blockHurried: deadlines.block },
    need: isWhole ? everything : undefined,
    gossip,
    inlet: session.inlet(options.downloadLimit),
    othersWait: (member, members) => isWhole && (members.anyGivingBut(member) || candidates.anyBetterThan(0)),
    completed: Effect.andThen(
      sources.completed,
      Effect.suspend(() => finish),
    ),
    turned: (member) => Effect.andThen(allow(member), rounds.fill(member)),
    report,
  })
  const { account } = swarm
  rendezvous.count(() => ({ uploaded: account.sent, downloaded: plan.fetched, left: plan.left }))
  const allow = serves ? yield* giveToNewcomers(torrent, offer, plan.availability) : () => Effect.void
  const rounds = serves
    ? Rounds.make({
        members: swarm.members,
        plan,
        account,
        tenant: yield* Effect.acquireRelease(
          Effect.sync(() => session.places.enter()),
          (tenant) => Effect.sync(tenant.leave),
        ),
        limit: options.uploadLimit,
        now: swarm.now,
      })
    : Rounds.nobody
  const scope = yield* Effect.scope
  const ended = Effect.andThen(account.settle, swarm.end)
  /** All that is wanted is here: from now on the torrent is seeded, or that was it. */
  const finish = Effect.gen(function* () {
    if (options.seed === undefined) yield* account.settle
    yield* completed
    // Of a whole torrent the pieces say it; of a part only we do (BEP 21).
    if (!plan.present.complete) for (const member of swarm.members) member.tellAbout(about())
    if (options.seed === undefined) return yield* swarm.end
    yield* store.retire
    const { time } = options.seed
    if (time !== undefined) yield* Effect.forkIn(Effect.andThen(Effect.sleep(time), ended), scope)
  })
  if (plan.complete) yield* finish
  if (options.readers !== undefined) yield* options.readers.bind({ torrent, plan, read: store.read, failed })
  const look = Effect.suspend(() => {
    const { seed } = options
    return plan.complete && seed !== undefined && isReached(seed, account, plan.extent.bytes) ? ended : Effect.void
  })
  if (strategy !== "swarm") {
    // A probe begins with the first word.
    yield* Effect.forEach(guests, ({ leave }) => leave, { discard: true })
    candidates.return(guests.map(({ peer }) => peer))
    for (const error of refused) swarm.verdicts.judge(error)
  }
  const recruiting =
    strategy === "swarm"
      ? gather(swarm, {
          torrent,
          self,
          deadlines,
          introduction,
          port,
          pace,
          seats,
          door: rendezvous.door,
          sources,
          guests,
          refused,
          report,
        })
      : chooseOnes(swarm, {
          strategy,
          links: options.links ?? 1,
          deadlines,
          probing: {
            torrent,
            self,
            need: everything,
            introduction: introduction(),
            pace,
            reached: (link) => gossip?.listenTo(link),
          },
          report,
        })
  const fetching = plan.complete ? [] : [Effect.andThen(swarm.webSeeds.run, Effect.never)]
  // Before the recruiting, which counts on those who wait to be called.
  yield* swarm.untilEnd(look, [...fetching, recruiting, rounds.run])
})

/** What was sent to all is summed up only where somebody asks for a ratio. */
const isReached = ({ ratio }: SeedGoal, account: { readonly sent: number }, length: number): boolean =>
  ratio !== undefined && account.sent >= ratio * length

const smallest = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined ? other : Math.min(one, other ?? Infinity)

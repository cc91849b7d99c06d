/**
 * A torrent and everybody who takes part in it: who is in, what is asked of whom, what has come, whom we serve.
 *
 * It ends when all that is wanted is stored, or, where it is seeded, when the goal is reached; it fails when there is nobody to wait for. Invariants: a member is in from `enlist` until it is
 * lost; whatever it had begun goes back to the plan; a piece is told to others only when it is stored. Who takes no more events holds up what is begun and what ends, and no conversation: members are listened to, spoken to
 * and looked after all the same, so that nobody seems to be slow because we are.
 */
import { type Cause, Deferred, Duration, Effect, FiberSet, Latch, type Scope, Semaphore } from "effect"
import { inPassing } from "../inPassing.ts"
import { stopwatch } from "../monotonic.ts"
import { linkSpan } from "../observe/linkSpan.ts"
import { pieceSpans } from "../observe/PieceSpans.ts"
import { queueDepths } from "../observe/queueDepths.ts"
import { here } from "../observe/Trace.ts"
import type { LinkError } from "../peer/errors.ts"
import type { Link } from "../peer/Link.ts"
import type { PiecePlan } from "../pieces/PiecePlan.ts"
import type { NoSuitablePeer } from "../probe/NoSuitablePeer.ts"
import type { Candidates } from "../sources/Candidates.ts"
import type { NoPeers } from "../sources/NoPeers.ts"
import type { StorageError } from "../storage/StorageError.ts"
import { Account } from "./Account.ts"
import { Member } from "./Member.ts"
import { Members } from "./Members.ts"
import { PieceNews } from "./PieceNews.ts"
import type { MemberOptions } from "./Surroundings.ts"
import type { SwarmOptions } from "./SwarmOptions.ts"
import { Verdicts } from "./Verdicts.ts"
import { Verifying } from "./Verifying.ts"
import { Watch } from "./Watch.ts"
import { WebSeeds } from "./web/WebSeeds.ts"

export type SwarmError = NoSuitablePeer | NoPeers | StorageError

/**
 * So many pieces are on their way to the disk, or there while nobody takes the event that says so. The others wait in their buffers, of which there are no more then: nothing is asked for. 16 MiB of the shortest
 * pieces, more than any disk is behind.
 */
const piecesAhead = 1024

/** How often we look at who is here. */
const tick = Duration.millis(500)

/** Why a link was lost, and whether its peer is on offer again. */
export interface Loss {
  readonly error: LinkError
  readonly isBack: boolean
}

export interface Swarm {
  readonly plan: PiecePlan
  readonly members: Members
  readonly webSeeds: WebSeeds
  readonly candidates: Candidates
  readonly verdicts: Verdicts
  readonly account: Account
  /** A stopwatch, in milliseconds. */
  readonly now: () => number
  /** Opens when a member has gone, or a piece has its verdict. */
  readonly changed: Latch.Latch
  /** Opens when a piece is filled. */
  readonly fills: Latch.Latch
  /** When something last gave hope: somebody joined, or has something for us, or unchoked us; by the stopwatch. */
  readonly lastHope: () => number
  /** Takes a link in, and lets it go when it is lost. Its connection belongs to the caller's scope. */
  readonly enlist: (link: Link, options: MemberOptions) => Effect.Effect<Loss>
  /** What fails ends the swarm. */
  readonly ever: <A, R>(effect: Effect.Effect<A, SwarmError, R>) => Effect.Effect<A | void, never, R>
  /** Whether it is a seed that nobody visits. */
  readonly isAtRest: () => boolean
  /** Ends when there is somebody or something to look after. */
  readonly awake: Effect.Effect<void>
  /** Ends, or fails, with the swarm, or the first of `others`; `look` is run twice a second while it is awake, and may wait. */
  readonly untilEnd: <E, R>(
    look: Effect.Effect<void>,
    others: ReadonlyArray<Effect.Effect<never, E, R>>,
  ) => Effect.Effect<void, SwarmError | E, R>
  /** Ends the swarm. */
  readonly end: Effect.Effect<void>
}

export const make = Effect.fnUntraced(function* (options: SwarmOptions): Effect.fn.Return<Swarm, never, Scope.Scope> {
  const { candidates, plan, report, serving, sources, store } = options
  const now = yield* stopwatch
  const trace = yield* here
  const aside = inPassing(yield* Effect.scope)
  const context = yield* Effect.context<never>()
  const spans = yield* pieceSpans(plan)
  const finished = yield* Deferred.make<void, SwarmError>()
  const members = new Members()
  /** A buffer has come back, or a piece was left: everybody may ask for more. */
  const nudge = () => {
    members.nudge()
    webSeeds.nudge()
  }
  const verdicts = new Verdicts({
    candidates,
    asked: sources.asked,
    unasked: options.unasked,
    webSeeds: () => webSeeds.failures,
    askEverybody: sources.askEverybody,
    present: () => members.verdicts(options.deadlines, now()),
    report,
  })
  const changed = Latch.makeUnsafe(false)
  const fills = Latch.makeUnsafe(false)
  let lastHope = now()
  /** Whether it has ended well. */
  let isOver = false

  const fail = (cause: Cause.Cause<SwarmError>) => Deferred.failCause(finished, cause)
  const ever: Swarm["ever"] = Effect.catchCause((cause) => Effect.asVoid(fail(cause)))
  let isReady = false
  // Not before somebody would serve us: whoever finds no peer is left no empty file.
  const prepared = yield* Effect.cached(
    Effect.andThen(
      store.prepare,
      Effect.sync(() => {
        isReady = true
        nudge()
      }),
    ),
  )
  const prepareFor = ({ terms }: Member) => (isReady || terms.standing !== "supplying" ? Effect.void : ever(prepared))
  const verifying = new Verifying({
    store,
    plan,
    candidates,
    verdicts,
    members,
    spans,
    get webSeeds() {
      return webSeeds
    },
    report,
    stored: (piece) => news.stored(piece),
    get completed() {
      return Effect.andThen(webSeeds.completed, ever(options.completed))
    },
  })
  const depths = yield* queueDepths({ infoHash: options.torrent.infoHash, plan, candidates, members })
  // Where nobody comes to a seed nothing ever waits.
  if (!plan.complete) yield* depths
  const verifications = yield* FiberSet.make()
  const untaken = Semaphore.makeUnsafe(piecesAhead)
  const news = new PieceNews(members, plan.availability)
  // A seed has none.
  if (!plan.complete) yield* Effect.forkScoped(Effect.forever(news.tell))

  // A store that breaks its promises ends the download too: without its verdict the piece would be waited for, for ever.
  const filled = (filling: Parameters<Verifying["verify"]>[0]) => {
    fills.openUnsafe()
    return verifying
      .verify(filling)
      .pipe(
        untaken.withPermit,
        ever,
        Effect.andThen(Effect.sync(nudge)),
        Effect.andThen(changed.open),
        FiberSet.run(verifications),
        Effect.asVoid,
      )
  }
  const webSeeds: WebSeeds = new WebSeeds({
    ...options.webSeeds,
    torrent: options.torrent,
    plan,
    now,
    inlet: options.inlet,
    deadline: options.deadlines.block,
    prepare: Effect.asVoid(ever(prepared)),
    filled,
    report,
    aside,
    context,
  })

  plan.whenLeapt(() => {
    webSeeds.leap()
    nudge()
  })

  const surroundings = {
    plan,
    now,
    serving,
    deadlines: options.deadlines,
    need: options.need,
    inlet: options.inlet,
    gossip: options.gossip,
    neighbours: () => members.neighbours(),
    isReady: () => isReady,
    othersWait: (member: Member) => options.othersWait(member, members),
    filled,
    stirred: (member: Member) => members.stir(member),
    turned: (member: Member) => {
      if (member.terms.standing !== "idle") lastHope = now()
      if (member.terms.standing === "parked") members.nudge()
      return Effect.andThen(Effect.andThen(prepareFor(member), account.stood(member)), options.turned(member))
    },
  }
  const account = new Account({ members, plan, now, report, aside, context })

  const joined = (link: Link, how: MemberOptions) =>
    Effect.gen(function* () {
      link.enter("download")
      const member = new Member(link, how, surroundings)
      const { peer } = member
      verifying.meet(member.name, link)
      candidates.tried(peer)
      members.join(member)
      yield* depths
      lastHope = now()
      yield* aside(report({ _tag: "Joined", peer, seen: link.seen(), incoming: how.incoming }))
      yield* account.stood(member)
      yield* prepareFor(member)
      // It may have said that it is interested before it was in.
      yield* options.turned(member)
      return member
    })
  const stays = (member: Member) =>
    Effect.flip(member.untilLost).pipe(
      linkSpan(trace, member, () => isOver),
      Effect.ensuring(
        Effect.sync(() => {
          members.leave(member)
          account.gone(member)
        }),
      ),
    )
  const left = (member: Member, error: LinkError) =>
    Effect.gen(function* () {
      const { drain, link, name, peer } = member
      const seen = link.seen()
      verifying.part(name, { peer, seen: () => seen }, drain.requests.bytes > 0)
      nudge()
      yield* account.left(member)
      const isBack = verdicts.lost(error, drain.requests.arrived, drain.rates.mean)
      yield* report({ _tag: "Left", peer, error })
      yield* options.turned(member)
      yield* changed.open
      return { error, isBack }
    })
  // Of who stays nothing is kept but what ends it.
  const enlist = (link: Link, how: MemberOptions) =>
    Effect.flatMap(joined(link, how), (member) => Effect.flatMap(stays(member), (error) => left(member, error)))

  const watch = new Watch({
    plan,
    members,
    webSeeds,
    verdicts,
    account,
    report,
    now,
    block: options.deadlines.block,
  })
  const isAtRest = () => plan.complete && members.size === 0
  const awake = Effect.suspend(() => (isAtRest() ? members.company.await : Effect.void))
  const rest = Effect.andThen(awake, Effect.sleep(tick))
  return {
    plan,
    members,
    webSeeds,
    candidates,
    verdicts,
    account,
    now,
    changed,
    fills,
    lastHope: () => lastHope,
    isAtRest,
    awake,
    enlist,
    ever,
    untilEnd: (look, others) =>
      Effect.raceAllFirst([
        // Who was here a moment ago is looked after once more before there is rest.
        Effect.forever(
          Effect.andThen(
            Effect.sync(() => watch.look()),
            rest,
          ),
        ),
        Effect.forever(Effect.andThen(Effect.andThen(watch.tell, look), rest)),
        Deferred.await(finished),
        ...others,
      ]),
    end: Effect.suspend(() => {
      isOver = true
      return Effect.asVoid(Deferred.succeed(finished, undefined))
    }),
  }
})

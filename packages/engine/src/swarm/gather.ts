/**
 * The swarm: everybody who has something or wants something is connected to, many at once, and whoever calls us is let in.
 *
 * Invariants: there are never more connections than seats; while somebody waits for one, who can't help makes room; a peer is called again, later each time, as long as it may be of use.
 */
import { Duration, Effect, type Scope } from "effect"
import { NetAddress } from "effect/net"
import type { DownloadEvent } from "../DownloadEvent.ts"
import { inPassing } from "../inPassing.ts"
import type { Conversation } from "../peer/connect.ts"
import type { Dialer } from "../peer/Dialer.ts"
import { Dismissed, type LinkError, type Rejection } from "../peer/errors.ts"
import type { Introduction } from "../peer/Introduction.ts"
import type { Link, Lost } from "../peer/Link.ts"
import { openLink } from "../peer/openLink.ts"
import { ofOutcome, ofPeer } from "../observe/ofPeer.ts"
import { spanned } from "../observe/Trace.ts"
import { Permit } from "../probe/Permit.ts"
import { callAll, type Visit } from "../probe/callAll.ts"
import type { NoSuitablePeer } from "../probe/NoSuitablePeer.ts"
import { Backoff } from "../sources/Backoff.ts"
import type { NoPeers } from "../sources/NoPeers.ts"
import type { Sources } from "../sources/Sources.ts"
import { isLocal } from "../sources/trackers/localAddress.ts"
import type { AlreadyRunning } from "./AlreadyRunning.ts"
import type { Torrent } from "../Torrent.ts"
import { despair, overlookEvery, waitingEvery } from "./despair.ts"
import type { Door } from "./Door.ts"
import type { Guest } from "./Guest.ts"
import { listensAt } from "./listensAt.ts"
import { grace, MakingRoom } from "./MakingRoom.ts"
import type { Member } from "./Member.ts"
import { Prospects } from "./Prospects.ts"
import type { Seats } from "./Seats.ts"
import type { Loss, Swarm } from "./Swarm.ts"

export interface Gathering extends Pick<Conversation, "self" | "deadlines"> {
  readonly torrent: Torrent
  readonly introduction: () => Introduction
  /** The port at which we can be called, if we can. */
  readonly port: number | undefined
  readonly pace: Effect.Effect<void>
  readonly seats: Seats
  /** Where those who call us come in, if we can be called. */
  readonly door: Door | undefined
  readonly sources: Sources
  /** Who is connected already. */
  readonly guests: ReadonlyArray<Guest>
  /** Who was called already, to no avail. */
  readonly refused: ReadonlyArray<Rejection>
  readonly report: (event: DownloadEvent) => Effect.Effect<void>
}

/** Who is named meanwhile is called at once; only a second call may come so much later. */
const restAlone = Duration.minutes(5)

/** Who has something to say of itself does so at once; who has nothing may be silent. */
const introductionMayTake = Duration.millis(300)

export const gather = Effect.fnUntraced(function* (
  swarm: Swarm,
  { deadlines, door, guests, introduction, pace, port, refused, report, seats, self, sources, torrent }: Gathering,
): Effect.fn.Return<never, NoSuitablePeer | NoPeers | AlreadyRunning, Dialer | Scope.Scope> {
  const { awake, candidates, enlist, lastHope, members, now, plan, verdicts } = swarm
  const backoff = new Backoff()
  const prospects = new Prospects()
  const aside = inPassing(yield* Effect.scope)

  const rejected = (error: Lost) => {
    verdicts.judge(error)
    return Effect.as(report({ _tag: "Rejected", peer: error.peer, error }), error)
  }
  const met = (link: Link, incoming: boolean) =>
    Effect.gen(function* () {
      // A peer that hangs up may have said something first: reading tells, not writing.
      const about = introduction()
      const told = about.pieces?.copy()
      yield* Effect.ignore(link.introduce(about))
      const introduced = link.until(({ announced, extended }) => announced || extended !== undefined)
      const lost = yield* Effect.matchEffect(prospects.during(Effect.timeoutOption(introduced, introductionMayTake)), {
        onSuccess: () => Effect.undefined,
        onFailure: Effect.succeed,
      })
      return lost === undefined ? enlist(link, { incoming, interested: false, told }) : gone(yield* rejected(lost))
    })
  const welcome = (link: Link, incoming: boolean): Effect.Effect<Loss> => Effect.flatten(met(link, incoming))
  const join = (link: Link, incoming: boolean): Effect.Effect<Loss> =>
    Effect.suspend(() => {
      const broken = link.describe(torrent.geometry.pieces)
      if (broken !== undefined) return Effect.flatMap(rejected(broken), gone)
      const twin = members.twinOf(link)
      if (twin === undefined) return welcome(link, incoming)
      const why = (link: Link) => new Dismissed({ peer: link.peer, seen: link.seen(), reason: "connected twice" })
      // Who calls though we have exchanged something keeps what works, whatever it makes of ids. Else both of us see both connections, and keep the same one.
      const isGivenUp =
        !twin.hasExchanged && twin.incoming !== incoming && incoming === isGreater(link.peerId, self.peerId)
      if (!isGivenUp) {
        const error = why(link)
        // That it has called us nobody was told.
        return incoming
          ? gone(error)
          : Effect.andThen(report({ _tag: "Rejected", peer: link.peer, error }), gone(error))
      }
      twin.dismiss(why(twin.link))
      return Effect.tap(welcome(link, incoming), (loss) =>
        Effect.sync(() => {
          // There are those that keep the other one.
          if (!twin.incoming && isWorthACall(loss)) backoff.later(twin.peer, now())
        }),
      )
    })
  const meet = (peer: NetAddress.InetAddress, visit: Visit) =>
    Effect.gen(function* () {
      // Who has called us is not called; others name it, and it is looked for again, lest it be forgotten when it has gone.
      if (members.isHere(peer)) {
        candidates.tried(peer)
        return backoff.later(peer, now())
      }
      const link = yield* Effect.andThen(
        report({ _tag: "Dialling", peer }),
        openLink(peer, {
          torrent,
          self,
          deadlines,
          pace,
          ...visit,
          connected: Effect.andThen(visit.connected, aside(report({ _tag: "Connected", peer }))),
        }).pipe(spanned("unchoke.call", () => ofPeer(peer), ofOutcome)),
      ).pipe(
        Effect.tapError((error) => {
          verdicts.judge(error)
          if (error._tag !== "HandshakeFailed" || error.reason !== "ourselves") backoff.later(peer, now())
          return report({ _tag: "Rejected", peer, error })
        }),
        prospects.during,
      )
      const loss = yield* join(link, false)
      if (loss.isBack) backoff.forgive(peer)
      else if (isWorthACall(loss)) backoff.later(peer, now())
    })

  const take = (guest: Guest) =>
    Effect.gen(function* () {
      const { leave, peer } = guest
      const seat = new Permit(seats)
      yield* Effect.addFinalizer(() => Effect.andThen(leave, seat.release))
      const link = yield* prospects.during(guest.link).pipe(
        Effect.tapError((error) =>
          Effect.sync(() => {
            verdicts.judge(error)
            backoff.later(peer, now())
          }),
        ),
      )
      yield* seat.take
      const loss = yield* join(link, false)
      if (loss.isBack) backoff.forgive(peer)
      else if (isWorthACall(loss)) backoff.later(peer, now())
    }).pipe(Effect.scoped, Effect.ignore)
  for (const error of refused) {
    verdicts.judge(error)
    if (isWorthACall({ error })) backoff.later(error.peer, now())
  }
  for (const guest of guests) yield* Effect.forkScoped(take(guest))

  const receive = (link: Link) =>
    Effect.flatMap(join(link, true), (loss) => {
      const listens = listensAt(link)
      if (listens === undefined || !isWorthACall(loss)) return Effect.void
      const { named } = candidates.add([listens], "caller")
      return named.length > 0 ? report({ _tag: "Named", origin: "caller", peers: named }) : Effect.void
    })
  if (door !== undefined) yield* door.open(torrent, receive)

  const makingRoom = new MakingRoom()
  const makeRoom = () => {
    const crowd = {
      members,
      waiting: seats.waiting,
      owed: seats.owed,
      unknown: candidates.untried,
      seeding: plan.complete,
      now: now(),
    }
    for (const member of makingRoom.leaving(crowd)) {
      member.dismiss(new Dismissed({ ...member.about, reason: "room for others" }))
    }
  }
  /** Nothing comes, and nothing is on its way to the disk, though something is missing; for so many milliseconds there was no hope, or nobody is here at all. */
  const isStuckFor = (milliseconds: number): boolean =>
    !plan.complete &&
    plan.unverified === 0 &&
    !members.anySupplies &&
    !swarm.webSeeds.anyAlive &&
    (members.size === 0 || now() - lastHope() >= milliseconds)
  const isHopeless = (): boolean =>
    !prospects.any && !candidates.waiting && candidates.settled && isStuckFor(Duration.toMillis(deadlines.unchoke))
  const tellWaiting = Effect.suspend(() => {
    const { copies, lacking } = plan.copies
    return report({ _tag: "Waiting", lacking, copies, rejections: verdicts.all })
  })
  let toldAt = -Infinity
  /** Those who are here have nothing more for us, and somebody has to bring it. */
  const tellInTime = Effect.suspend(() => {
    if (members.size === 0 || !isStuckFor(grace)) return Effect.void
    if (now() - toldAt < Duration.toMillis(waitingEvery) || plan.copies.lacking === 0) return Effect.void
    toldAt = now()
    return tellWaiting
  })
  /** A seed that nobody visits looks up when somebody may be called again; where nobody is known, seldom. */
  const rest = Effect.suspend(() => {
    if (!swarm.isAtRest()) return Effect.void
    const pause = candidates.known === 0 ? restAlone : Duration.millis(backoff.restFor(now()))
    return Effect.raceFirst(awake, Effect.sleep(pause))
  })
  const overlook = Effect.gen(function* () {
    yield* Effect.sleep(overlookEvery)
    yield* rest
    if (seats.waiting > 0 || seats.owed > 0) makeRoom()
    yield* tellInTime
    const due = backoff.due(now())
    if (due.length > 0) candidates.return(due)
    candidates.self ??= whereWeAre(members, port)
  })
  const visit = (peer: NetAddress.InetAddress, visit: Visit) => Effect.scoped(meet(peer, visit))
  // A seed of which nobody is known, as most are where there are many, does without what calling takes: 4 KiB.
  const calling = Effect.andThen(
    candidates.offered,
    Effect.scoped(callAll(candidates.endless, { pace: prospects.during(pace), seats, visit })),
  )
  return yield* Effect.raceAllFirst([
    Effect.andThen(calling, Effect.never),
    Effect.forever(overlook),
    // Who wants nothing has nothing to hope for.
    ...(plan.complete
      ? []
      : [despair({ awake, candidates, verdicts, isHopeless, mayWait: sources.mayBringSomebody, tellWaiting })]),
  ])
})

/** Our address, as the first peer on the internet sees it that has told us (BEP 10). */
const whereWeAre = (members: Iterable<Member>, port = 0): NetAddress.InetAddress | undefined => {
  for (const { link } of members) {
    const address = link.state().extended?.yourAddress
    if (address !== undefined && !isLocal(address)) return NetAddress.inetAddressUnsafe(address, port)
  }
  return undefined
}

/** It is not on offer again. */
const gone = (error: LinkError): Effect.Effect<Loss> => Effect.succeed({ error, isBack: false })

/** Whether it is to be called again, later. */
const isWorthACall = ({ error }: { readonly error: Rejection }): boolean => {
  switch (error._tag) {
    case "DescriptionRefused":
      return error.reason !== "false"
    case "CorruptPiece":
    case "ProtocolViolation":
      return false
    case "Dismissed":
      return error.reason === "room for others" || error.reason === "promised too much"
    default:
      return true
  }
}

const isGreater = (a: Uint8Array, b: Uint8Array): boolean => {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! > b[i]!
  return false
}

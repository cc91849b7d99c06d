/**
 * What is the torrent? Asked of many peers at once, of whom we know no more than its info hash (BEP 9).
 *
 * Everybody who can be reached is asked, and whoever calls us; who has no description stays connected, since it may have pieces. Invariants: a description counts only when its hash is the torrent's; who is
 * connected when it is there goes on into the swarm, and is not called again; nobody waits for a peer that is silent.
 */
import { Extensions, type MagnetLink, type PeerState } from "@unchoke/protocol"
import { Bytes, Cause, Deferred, Effect, Equal, Exit, Fiber, Option, Scope, Stream } from "effect"
import { Digest } from "effect/crypto"
import { NetAddress } from "effect/net"
import type { DownloadEvent } from "../DownloadEvent.ts"
import { type Complete, DescriptionPlan } from "../description/DescriptionPlan.ts"
import { inPassing } from "../inPassing.ts"
import { stopwatch } from "../monotonic.ts"
import type { Dialer } from "../peer/Dialer.ts"
import type { DescriptionRefused, ProbeError, Rejection } from "../peer/errors.ts"
import type { Introduction } from "../peer/Introduction.ts"
import { keepAlive, type Link, type Lost } from "../peer/Link.ts"
import { openLink } from "../peer/openLink.ts"
import { ofOutcome, ofPeer } from "../observe/ofPeer.ts"
import { spanned } from "../observe/Trace.ts"
import { callAll, type Visit } from "../probe/callAll.ts"
import type { NoSuitablePeer } from "../probe/NoSuitablePeer.ts"
import { Backoff } from "../sources/Backoff.ts"
import type { NoPeers } from "../sources/NoPeers.ts"
import type { AlreadyRunning } from "./AlreadyRunning.ts"
import { despair, overlookEvery } from "./despair.ts"
import type { Guest } from "./Guest.ts"
import { inquire } from "./inquire.ts"
import { listensAt } from "./listensAt.ts"
import { Prospects } from "./Prospects.ts"
import type { Rendezvous } from "./Rendezvous.ts"
import { Verdicts } from "./Verdicts.ts"

export interface Described {
  /** The `info` dictionary, byte for byte. */
  readonly info: Uint8Array
  /** Who is connected, or being dialled. Their connections belong to the caller's scope. */
  readonly guests: ReadonlyArray<Guest>
  /** The verdicts on all others. */
  readonly refused: ReadonlyArray<Rejection>
}

export const describe = Effect.fnUntraced(function* (
  { infoHash }: MagnetLink.MagnetLink,
  { candidates, deadlines, door, gossip, isPatient, pace, port, seats, self, sources, unasked }: Rendezvous,
  report: (event: DownloadEvent) => Effect.Effect<void>,
): Effect.fn.Return<Described, NoPeers | NoSuitablePeer | AlreadyRunning, Dialer | Digest.Digest | Scope.Scope> {
  const scope = yield* Effect.scope
  const aside = inPassing(scope)
  const { digest } = yield* Digest.Digest
  const plan = new DescriptionPlan()
  const found = yield* Deferred.make<Uint8Array>()
  const verdicts = new Verdicts({
    candidates,
    asked: sources.asked,
    unasked,
    askEverybody: sources.askEverybody,
    present: () => [],
    report,
  })
  const backoff = new Backoff()
  const now = yield* stopwatch
  let isFound = false
  /** Calls that have not come to anything yet, and those who are asked. */
  const prospects = new Prospects()
  const guests: Array<Guest> = []
  /** Who is to be called, and has not been. */
  const offered = new Map<string, NetAddress.InetAddress>()
  /** Those who have called us. */
  const callers = new Set<Link>()
  /** Who can't help, those first who have not been able to for longest. */
  const idle = new Set<{ readonly leave: Effect.Effect<boolean> }>()

  const tellProgress = Effect.suspend(() => {
    const best = plan.best
    return report({
      _tag: "Describing",
      peers: plan.askers,
      bytes: best?.held ?? 0,
      ...(best !== undefined && { size: best.size }),
    })
  })
  let telling = false
  /** While one such event waits to be taken no other is made. */
  const tell = Effect.suspend(() => {
    if (telling) return Effect.void
    telling = true
    return aside(
      Effect.ensuring(
        tellProgress,
        Effect.sync(() => void (telling = false)),
      ),
    )
  })
  const judge = (error: ProbeError) => {
    verdicts.judge(error)
    return report({ _tag: "Rejected", peer: error.peer, error })
  }
  const examine = Effect.fnUntraced(function* (complete: Complete) {
    if (!Bytes.Equivalence(yield* digest(Digest.sha1, complete.bytes), infoHash)) return plan.refute(complete)
    isFound = true
    yield* Deferred.succeed(found, complete.bytes)
    return undefined
  })

  const introduction: Introduction = {
    pieces: undefined,
    about: {
      extensions: { ut_metadata: Extensions.ids.ut_metadata, ...gossip?.extensions },
      ...(port !== undefined && { port }),
    },
  }
  /** Who says nothing more of use is kept all the same, as long as it stays and there is room: it may be told what the torrent is before we are. */
  const consult = (link: Link): Effect.Effect<never, DescriptionRefused | Lost> =>
    inquire(link, { plan, deadlines, now, tell, examine }).pipe(
      prospects.during,
      Effect.catchTag("DescriptionRefused", (error) =>
        Effect.andThen(judge(error), isWorthKeeping(error) ? keep(link, error) : Effect.fail(error)),
      ),
    )
  const keep = (link: Link, error: DescriptionRefused): Effect.Effect<never, DescriptionRefused | Lost> =>
    Effect.gen(function* () {
      const leave = yield* Deferred.make<never, DescriptionRefused>()
      const place = { leave: Deferred.fail(leave, error) }
      yield* Effect.acquireRelease(
        Effect.sync(() => idle.add(place)),
        () => Effect.sync(() => idle.delete(place)),
      )
      const knows = (state: PeerState.PeerState) => error.reason === "has none" && knowsOfIt(state)
      yield* Effect.raceFirst(link.until(knows), Deferred.await(leave))
    }).pipe(Effect.scoped, Effect.andThen(Effect.suspend(() => consult(link))))
  const makeRoom = Effect.suspend(() =>
    Effect.forEach([...idle].slice(0, seats.waiting), ({ leave }) => leave, { discard: true }),
  )
  const greet = (link: Link) => {
    gossip?.listenTo(link)
    // A peer that hangs up may have said something first: reading tells, not writing.
    return Effect.ignore(link.introduce(introduction))
  }
  const meet = (peer: NetAddress.InetAddress, visit: Visit, own: Scope.Scope) =>
    Effect.andThen(
      report({ _tag: "Dialling", peer }),
      openLink(peer, {
        torrent: { infoHash },
        self,
        deadlines,
        pace: pace,
        ...visit,
        // Nobody has a seat here any more when the description is there.
        connected: Effect.andThen(
          Effect.raceFirst(visit.connected, Deferred.await(found)),
          aside(report({ _tag: "Connected", peer })),
        ),
      }).pipe(
        Scope.provide(own),
        spanned("unchoke.call", () => ofPeer(peer), ofOutcome),
      ),
    ).pipe(Effect.tapError(judge), Effect.tap(greet))
  const isHere = (peer: NetAddress.InetAddress) => [...callers].some((link) => Equal.equals(listensAt(link), peer))
  const visit = (peer: NetAddress.InetAddress, visit: Visit) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        // Who has called us is not called; it stays on offer, lest it be forgotten when it has gone.
        if (isHere(peer)) {
          candidates.tried(peer)
          return backoff.later(peer, now())
        }
        offered.delete(NetAddress.formatInet(peer))
        const own = yield* Scope.fork(scope)
        const leave = Scope.close(own, Exit.void)
        // Who is being dialled when the description is there need not be dialled again.
        const meeting = yield* Effect.forkIn(Effect.interruptible(meet(peer, visit, own)), own)
        const link = Fiber.join(meeting)
        const company = yield* Effect.flatMap(link, keepAlive).pipe(
          Effect.ignore,
          Effect.interruptible,
          Effect.forkIn(own),
        )
        const ended = yield* Effect.exit(restore(Effect.flatMap(prospects.during(link), consult)))
        if (isFound && Exit.hasInterrupts(ended)) {
          // From when it is known what the torrent is until it is decided what of it is wanted, people may take their time.
          guests.push({ peer, link: Effect.ensuring(link, Fiber.interrupt(company)), leave })
          return
        }
        const lost = Option.flatMap(Exit.getCause(ended), Cause.findErrorOption)
        if (Option.isSome(lost) && isLost(lost.value)) yield* judge(lost.value)
        backoff.later(peer, now())
        yield* leave
      }),
    )

  const receive = Effect.fnUntraced(function* (link: Link) {
    const asking = Effect.acquireUseRelease(
      Effect.sync(() => callers.add(link)),
      () => Effect.andThen(prospects.during(greet(link)), consult(link)),
      () => Effect.sync(() => callers.delete(link)),
    )
    const lost = yield* Effect.raceFirst(Effect.as(Deferred.await(found), undefined), Effect.flip(asking))
    if (lost === undefined) return yield* door!.passOn(link)
    if (isLost(lost)) yield* judge(lost)
    const listens = listensAt(link)
    if (listens === undefined || candidates.isBanned(link.peer)) return
    const { named } = candidates.add([listens], "caller")
    if (named.length > 0) yield* report({ _tag: "Named", origin: "caller", peers: named })
  })
  yield* door?.open({ infoHash }, receive) ?? Effect.void

  const callBack = Effect.gen(function* () {
    yield* Effect.sleep(overlookEvery)
    yield* makeRoom
    const due = backoff.due(now())
    if (due.length > 0) candidates.return(due)
  })
  const isHopeless = () => !prospects.any && !candidates.waiting && !candidates.anyUntried && candidates.settled
  const mayWait = () => isPatient && sources.mayBringSomebody()
  const tellWaiting = Effect.suspend(() => report({ _tag: "Waiting", lacking: 0, copies: 0, rejections: verdicts.all }))
  const offers = Stream.mapArray(candidates.endless, (peers) => {
    for (const peer of peers) offered.set(NetAddress.formatInet(peer), peer)
    return peers
  })
  const calling = Effect.scoped(callAll(offers, { pace, seats, visit }))
  const info = yield* Effect.raceAllFirst([
    Deferred.await(found),
    Effect.andThen(calling, Effect.never),
    Effect.forever(callBack),
    despair({ awake: Effect.void, candidates, verdicts, isHopeless, mayWait, tellWaiting }),
  ])
  candidates.return([...offered.values()])
  const here = new Set(guests.map(({ peer }) => NetAddress.formatInet(peer)))
  // Who has called us cannot be called where it called from.
  const wasCalled = ({ peer }: Rejection) => candidates.originsOf(peer).length > 0
  const isRefused = (error: Rejection) => wasCalled(error) && !here.has(NetAddress.formatInet(error.peer))
  return { info, guests, refused: verdicts.all.filter(isRefused) }
})

const knowsOfIt = ({ extended }: PeerState.PeerState): boolean =>
  extended?.metadataSize !== undefined && extended.extensions.has("ut_metadata")

/** Whether the connection is gone, which nobody has been told. */
const isLost = (error: ProbeError): boolean => error._tag === "Disconnected" || error._tag === "ProtocolViolation"

/** It may have pieces, or come to know what the torrent is. */
const isWorthKeeping = ({ reason }: DescriptionRefused): boolean =>
  reason === "has none" || reason === "rejected" || reason === "timed out"

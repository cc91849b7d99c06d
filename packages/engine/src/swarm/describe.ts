/**
 * What is the torrent? Asked of many peers at once, of whom we know no more than its info hash (BEP 9).
 *
 * Everybody who can be reached is asked; who has no description stays connected, since it may have pieces. Invariants: a description counts only when its hash is the torrent's; who is connected when it
 * is there goes on into the swarm, and is not called again; nobody waits for a peer that is silent.
 */
import { Extensions, type MagnetLink, MetadataMessage } from "@unchoke/protocol"
import { Bytes, Cause, Deferred, Duration, Effect, Exit, Option, Scope } from "effect"
import { Digest } from "effect/crypto"
import { NetAddress } from "effect/net"
import type { DownloadEvent } from "../DownloadEvent.ts"
import { type Complete, DescriptionPlan } from "../description/DescriptionPlan.ts"
import type { Dialer } from "../peer/Dialer.ts"
import { DescriptionRefused, type ProbeError } from "../peer/errors.ts"
import * as Link from "../peer/Link.ts"
import { callAll, type Visit } from "../probe/callAll.ts"
import type { NoSuitablePeer } from "../probe/NoSuitablePeer.ts"
import { Backoff } from "../sources/Backoff.ts"
import type { NoPeers } from "../sources/NoPeers.ts"
import type { Guest } from "./Guest.ts"
import type { Rendezvous } from "./Rendezvous.ts"
import { Verdicts } from "./Verdicts.ts"

export interface Described {
  /** The `info` dictionary, byte for byte. */
  readonly info: Uint8Array
  /** Who is connected. Their connections belong to the caller's scope. */
  readonly guests: ReadonlyArray<Guest>
}

/** How often we look whether there is anybody left to ask. */
const overlookEvery = Duration.millis(500)

/** How long is waited, at the least, between two looks of the despairing. */
const waitingEvery = Duration.seconds(30)

/** For each part that a peer was asked for; libtorrent and transmission answer at once or never. */
const partDeadline = Duration.seconds(10)

export const describe = Effect.fnUntraced(function* (
  { infoHash }: MagnetLink.MagnetLink,
  { candidates, deadlines, port, seats, self, session, sources }: Rendezvous,
  report: (event: DownloadEvent) => Effect.Effect<void>,
): Effect.fn.Return<Described, NoPeers | NoSuitablePeer, Dialer | Digest.Digest | Scope.Scope> {
  const scope = yield* Effect.scope
  const { digest } = yield* Digest.Digest
  const plan = new DescriptionPlan()
  const found = yield* Deferred.make<Uint8Array>()
  const verdicts = new Verdicts({
    candidates,
    asked: sources.asked,
    askEverybody: sources.askEverybody,
    present: () => [],
    report,
  })
  const backoff = new Backoff()
  const began = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
  const now = Effect.map(
    Effect.clockWith((clock) => clock.currentTimeMillis),
    (time) => time - began,
  )
  let isFound = false
  /** Conversations of which we do not know yet what will come of them, and those that are asked. */
  let hopes = 0
  const guests: Array<Guest> = []

  const tell = Effect.suspend(() => {
    const best = plan.best
    return report({
      _tag: "Describing",
      peers: plan.askers,
      bytes: best?.held ?? 0,
      ...(best !== undefined && { size: best.size }),
    })
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

  /** Asks the peer until the description is there, or it turns out to be of no use for that. */
  const ask = Effect.fnUntraced(function* (link: Link.Link) {
    const { peer } = link
    const name = NetAddress.formatInet(peer)
    const refused = (reason: DescriptionRefused["reason"]) =>
      new DescriptionRefused({ peer, seen: link.seen(), reason })
    yield* Effect.timeoutOrElse(
      link.until(({ extended }) => extended !== undefined),
      { duration: deadlines.bitfield, orElse: () => Effect.fail(refused("has none")) },
    )
    const { extensions, metadataSize } = link.state().extended!
    const id = extensions.get("ut_metadata")
    if (id === undefined || metadataSize === undefined) return yield* refused("has none")
    if (metadataSize > MetadataMessage.longest) return yield* refused("too long")
    plan.join(name, metadataSize)
    yield* tell
    const request = Effect.gen(function* () {
      for (let part = plan.next(name); part !== undefined; part = plan.next(name)) {
        const payload = MetadataMessage.toBytes({ _tag: "Request", piece: part })
        yield* Effect.uninterruptible(link.send({ _tag: "Extended", id, payload }))
      }
    })
    const listen = Effect.gen(function* () {
      for (const message of yield* link.pull) {
        if (message._tag !== "Extended" || message.id !== Extensions.ids.ut_metadata) continue
        const said = MetadataMessage.fromBytes(message.payload)
        if (said === undefined) return yield* refused("garbage")
        if (said._tag === "Reject") return yield* refused("rejected")
        if (said._tag === "Request") {
          const payload = MetadataMessage.toBytes({ _tag: "Reject", piece: said.piece })
          yield* Effect.uninterruptible(link.send({ _tag: "Extended", id, payload }))
          continue
        }
        const taken = plan.take(name, said.piece, said.size, said.block)
        if (taken === "of the wrong length") return yield* refused("garbage")
        if (typeof taken !== "object") continue
        if ((yield* examine(taken)) === name) return yield* refused("false")
      }
      yield* tell
    })
    const exchange = Effect.gen(function* () {
      yield* request
      // Who is asked for nothing now, since others are, is waited for no longer than it takes them.
      yield* Effect.timeoutOrElse(listen, {
        duration: partDeadline,
        orElse: () => (plan.owes(name) > 0 ? Effect.fail(refused("timed out")) : Effect.void),
      })
    })
    return yield* Effect.forever(exchange).pipe(Effect.ensuring(Effect.sync(() => plan.leave(name))))
  })

  const hoped = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.suspend(() => {
      hopes++
      return Effect.ensuring(
        effect,
        Effect.sync(() => void hopes--),
      )
    })
  const introduction: Link.Introduction = {
    pieces: undefined,
    about: { extensions: { ut_metadata: Extensions.ids.ut_metadata }, ...(port !== undefined && { port }) },
  }
  /** Who says nothing more of use is kept all the same, as long as it stays. */
  const converse = Effect.fnUntraced(function* (
    link: Link.Link,
  ): Effect.fn.Return<never, DescriptionRefused | Link.Lost> {
    yield* Effect.ignore(link.introduce(introduction))
    return yield* hoped(ask(link)).pipe(
      Effect.catchTag("DescriptionRefused", (error) => {
        const rest: Effect.Effect<never, DescriptionRefused | Link.Lost> = isWorthKeeping(error)
          ? Effect.forever(link.pull)
          : Effect.fail(error)
        return Effect.andThen(judge(error), rest)
      }),
    )
  })
  const meet = Effect.fnUntraced(function* (peer: NetAddress.InetAddress, visit: Visit, own: Scope.Scope) {
    const link = yield* Effect.andThen(
      report({ _tag: "Dialling", peer }),
      Link.open(peer, {
        torrent: { infoHash },
        self,
        deadlines,
        ...visit,
        connected: Effect.andThen(visit.connected, report({ _tag: "Connected", peer })),
      }).pipe(Scope.provide(own)),
    ).pipe(Effect.tapError(judge), hoped)
    return link
  })
  const visit = (peer: NetAddress.InetAddress, visit: Visit) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const own = yield* Scope.fork(scope)
        const opened = yield* Effect.exit(restore(meet(peer, visit, own)))
        if (Exit.isSuccess(opened)) {
          const link = opened.value
          const ended = yield* Effect.exit(restore(converse(link)))
          if (isFound && Exit.hasInterrupts(ended)) {
            guests.push({ link, leave: Scope.close(own, Exit.void) })
            return
          }
          const lost = Option.flatMap(Exit.getCause(ended), Cause.findErrorOption)
          if (Option.isSome(lost) && lost.value._tag !== "DescriptionRefused") yield* judge(lost.value)
        }
        backoff.later(peer, yield* now)
        yield* Scope.close(own, Exit.void)
      }),
    )

  const callBack = Effect.gen(function* () {
    yield* Effect.sleep(overlookEvery)
    const due = backoff.due(yield* now).filter((peer) => !candidates.isBanned(peer))
    if (due.length > 0) candidates.return(due)
  })
  const waiting = Effect.raceFirst(candidates.change, Effect.sleep(waitingEvery))
  const despair = Effect.gen(function* () {
    yield* Effect.sleep(overlookEvery)
    if (hopes > 0 || candidates.waiting || !candidates.settled) return
    yield* Effect.catch(verdicts.nobodyLeft, (error) => (sources.mayBringSomebody() ? waiting : Effect.fail(error)))
  })
  const calling = Effect.scoped(callAll(candidates.endless, { pace: session.pace, seats, visit }))
  const info = yield* Effect.raceAllFirst([
    Deferred.await(found),
    Effect.andThen(calling, Effect.never),
    Effect.forever(callBack),
    Effect.forever(despair),
  ])
  return { info, guests }
})

/** It may have pieces, or come to know what the torrent is. */
const isWorthKeeping = ({ reason }: DescriptionRefused): boolean =>
  reason === "has none" || reason === "rejected" || reason === "timed out"

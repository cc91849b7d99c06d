/**
 * Fetch from one link whatever it can give, until it is lost.
 *
 * One Effect per socket read, never per block. Requests are refilled from the reading side; a full piece is handed on and verified while the next ones arrive. A slow
 * disk is given so much and no more, and while it has that nothing more is asked for: then, and only then, the peer waits.
 */
import { Geometry, type PeerMessage } from "@unchoke/protocol"
import type { Clock } from "effect"
import { Array, Deferred, Duration, Effect } from "effect"
import type { Deadlines } from "./Deadlines.ts"
import { ChokeTimeout, type Disconnected, ProtocolViolation, Stalled } from "./errors.ts"
import type { Link, Messages } from "./Link.ts"
import type { Filling, PiecePlan } from "./PiecePlan.ts"
import type { Requests } from "./Requests.ts"
import { RequestWindow } from "./RequestWindow.ts"

/** Say something after so much silence of ours; peers drop a connection after two minutes (BEP 3). */
const keepAliveAfter = 100_000

/** How often the clock is looked at, in milliseconds. */
const tick = 1000

/**
 * Blocks that may be under way or waiting for the store, at least: 8 MiB, and two pieces. What waits longer only grows cold in the caches, and a GiB costs 5 % more with
 * four times as many.
 */
const fewestUnverified = 512

/** What the download does with what a link brings. */
export interface Drainage {
  readonly plan: PiecePlan
  readonly deadlines: Deadlines
  /** A piece is filled: verify and store it. Must not wait for the disk. */
  readonly filled: (filling: Filling) => Effect.Effect<void>
  /** So many bytes arrived, verified or not. */
  readonly received: (bytes: number) => Effect.Effect<void>
  /** The peer choked us (true) or unchoked us again. */
  readonly choked: (choked: boolean) => Effect.Effect<void>
}

export interface Drain {
  /** Asks for as much as the window and the buffers allow: to be run when a buffer has come back. */
  readonly refill: Effect.Effect<void>
  /** Fetches. Never succeeds; fails when the link is lost. However it ends, what the link had begun goes back to the plan. */
  readonly untilLost: Effect.Effect<never, ChokeTimeout | ProtocolViolation | Disconnected | Stalled>
}

/** The draining of a link through its `requests`. */
export const make = Effect.fnUntraced(function* (
  link: Link,
  requests: Requests,
  { choked, deadlines, filled, plan, received }: Drainage,
): Effect.fn.Return<Drain> {
  const clock = yield* Effect.clockWith(Effect.succeed<Clock.Clock>)
  const now = () => clock.currentTimeMillisUnsafe()
  const broken = yield* Deferred.make<never, Disconnected>()
  const window = new RequestWindow(now())
  let lastBlock = now()
  let choking = link.state().choking
  let chokedSince = lastBlock
  let unchokedSince = lastBlock
  let lastSent = lastBlock

  const ask = (limit: number) =>
    Effect.suspend(() => {
      // Requests go out by the quarter window: a write for each read would cost as much as the reading.
      if (choking || requests.outstanding > limit - limit / 4) return Effect.void
      const asks: Array<PeerMessage.PeerMessage> = []
      while (requests.outstanding < limit) {
        const request = requests.next()
        if (request === undefined) break
        asks.push(request)
      }
      if (!Array.isArrayNonEmpty(asks)) return Effect.void
      lastSent = now()
      return Effect.catch(link.send(...asks), (error) => Effect.asVoid(Deferred.fail(broken, error)))
    })
  const mostUnverified = Math.max(fewestUnverified, 2 * Geometry.blocksIn(plan.geometry, 0))
  const windowSize = () => Math.min(window.size(link.state().extended?.requestQueue), mostUnverified - plan.unverified)
  const refill = Effect.suspend(() => (requests.refusing ? Effect.void : ask(windowSize())))

  const violation = (message: PeerMessage.Of<"Piece">) =>
    new ProtocolViolation({
      peer: link.peer,
      seen: link.seen(),
      phase: "download",
      rule: "block that was not asked for",
      detail: `${message.block.length} bytes at ${message.begin} of piece ${message.piece}`,
    })

  const turn = Effect.fnUntraced(function* (blocks: number, bytes: number) {
    if (blocks > 0) {
      lastBlock = now()
      window.arrived(blocks, lastBlock)
    }
    if (blocks > 0) yield* received(bytes)
  })

  /** Takes in a batch; what it filled is handed on before anything else, and the rest of the turn comes back. */
  const take = (batch: Messages): Effect.Effect<Effect.Effect<void, ProtocolViolation>> => {
    const fillings: Array<Filling> = []
    let blocks = 0
    let bytes = 0
    let stray: PeerMessage.Of<"Piece"> | undefined
    const chokedBefore = choking
    for (let i = 0; i < batch.length && stray === undefined; i++) {
      const message = batch[i]!
      switch (message._tag) {
        case "Piece": {
          const arrival = requests.arrive(message)
          if (arrival._tag === "NotAskedFor") stray = message
          else {
            blocks++
            bytes += message.block.length
            if (arrival._tag === "Filled") fillings.push(arrival.filling)
          }
          break
        }
        case "Choke":
          if (!choking) chokedSince = now()
          choking = true
          requests.giveUp()
          break
        case "Unchoke":
          if (choking) unchokedSince = now()
          choking = false
          break
        case "RejectRequest":
          requests.refuse(message)
          if (requests.refusing) window.refused()
          break
      }
    }
    const taken = turn(blocks, bytes)
    const spoken = choking === chokedBefore ? taken : Effect.andThen(taken, choked(choking))
    const rest =
      stray === undefined ? Effect.andThen(spoken, refill) : Effect.andThen(spoken, Effect.fail(violation(stray)))
    return Effect.as(Effect.forEach(fillings, filled, { discard: true }), rest)
  }
  // The first piece of a batch may end this link. The second one is filled all the same, and nobody but us knows.
  const read = Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(restore(link.pull), (batch) => Effect.flatMap(take(batch), restore)),
  )

  const patience = Duration.toMillis(deadlines.block)
  const chokePatience = Duration.toMillis(deadlines.unchoke)
  const watch = Effect.gen(function* () {
    yield* Effect.sleep(tick)
    const time = now()
    if (requests.refusing) yield* ask(1)
    if (time - lastSent >= keepAliveAfter) {
      lastSent = time
      yield* link.send({ _tag: "KeepAlive" })
    }
    // While others hold all buffers, or all waits for the disk, it is not this peer that is slow.
    if ((plan.starved || plan.unverified >= mostUnverified) && requests.outstanding === 0) lastBlock = time
    // A peer that chokes and unchokes without ever sending a block has both deadlines together, not again and again.
    const sinceBlock = time - lastBlock
    if (choking) {
      if (time - chokedSince >= chokePatience || sinceBlock >= patience + chokePatience) {
        return yield* new ChokeTimeout({
          peer: link.peer,
          seen: link.seen(),
          waited: Duration.millis(time - chokedSince),
        })
      }
    } else if (time - Math.max(lastBlock, unchokedSince) >= patience || sinceBlock >= patience + chokePatience) {
      return yield* new Stalled({ peer: link.peer, seen: link.seen(), waited: Duration.millis(sinceBlock) })
    }
  })

  const untilLost = Effect.andThen(refill, Effect.forever(read, { disableYield: true })).pipe(
    Effect.raceFirst(Effect.forever(watch)),
    Effect.raceFirst(Deferred.await(broken)),
    Effect.ensuring(Effect.sync(() => requests.leave())),
  )
  return { refill, untilLost }
})

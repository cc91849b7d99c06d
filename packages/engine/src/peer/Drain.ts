/**
 * Fetch from one link whatever it can give, until it is lost.
 *
 * One Effect per socket read, never per block. Requests are refilled from the reading side; a full piece is handed on and verified while the next ones arrive. A slow
 * disk is given so much and no more, and while it has that nothing more is asked for: then, and only then, the peer waits.
 */
import { Geometry, type PeerMessage, PeerState } from "@unchoke/protocol"
import { Array, Deferred, Duration, Effect, Latch } from "effect"
import type { Deadlines } from "./Deadlines.ts"
import { ChokeTimeout, type Disconnected, ProtocolViolation, Stalled } from "./errors.ts"
import type { Link, Messages } from "./Link.ts"
import { stopwatch } from "../monotonic.ts"
import { Patience } from "./Patience.ts"
import type { Filling } from "../pieces/Filling.ts"
import type { PiecePlan } from "../pieces/PiecePlan.ts"
import type { Requests } from "../pieces/Requests.ts"
import { RequestWindow } from "../pieces/RequestWindow.ts"

/** Say something after so much silence of ours; peers drop a connection after two minutes (BEP 3). */
const keepAliveAfter = 100_000

/** How often we look at what the peer owes us. */
const tick = Duration.millis(500)

/**
 * Blocks that may be under way or waiting for the store, at least: 8 MiB, and two pieces. What waits longer only grows cold in the caches, and a GiB costs 5 % more with
 * four times as many.
 */
const fewestUnverified = 512

/** What the download does with what a link brings. */
export interface Drainage {
  readonly plan: PiecePlan
  readonly deadlines: Deadlines
  /** Whether others could take its place: then a stall is not waited for as long. */
  readonly othersWait: () => boolean
  /** A piece is filled: verify and store it. Must not wait for the disk. */
  readonly filled: (filling: Filling) => Effect.Effect<void>
  /** So many bytes arrived that we lacked, not verified yet. */
  readonly received: (bytes: number) => Effect.Effect<void>
  /** The peer choked us (true) or unchoked us again. */
  readonly choked: (choked: boolean) => Effect.Effect<void>
}

export interface Drain {
  /** A buffer has come back, or a piece was left: it may ask for more. Waits for nothing: what is to be said is said by the link itself. */
  readonly nudge: () => void
  /** Whether anything is asked of it, or it refuses to be asked. */
  readonly owes: () => boolean
  /** For how long, in milliseconds, it has given next to nothing; 0 while it gives. */
  readonly poorFor: () => number
  /** For how long, in milliseconds, nothing has been asked of it; 0 while it owes us something. */
  readonly idleFor: () => number
  /** Whether it has given for so long that it can be relied on. */
  readonly isProven: () => boolean
  /** Bytes a second: of late, at the best, and all in all. */
  readonly rates: () => { readonly late: number; readonly peak: number; readonly mean: number }
  /** Fetches. Never succeeds; fails when the link is lost. However it ends, what the link had begun goes back to the plan, and it can ask for nothing more. */
  readonly untilLost: Effect.Effect<never, ChokeTimeout | ProtocolViolation | Disconnected | Stalled>
}

/** The draining of a link through its `requests`. */
export const make = Effect.fnUntraced(function* (
  link: Link,
  requests: Requests,
  { choked, deadlines, filled, othersWait, plan, received }: Drainage,
): Effect.fn.Return<Drain> {
  const now = yield* stopwatch
  const broken = yield* Deferred.make<never, Disconnected>()
  let choking = link.state().choking
  let lastSent = now()
  const window = new RequestWindow(lastSent)
  const patience = new Patience(lastSent, choking)

  const mostUnverified = Math.max(fewestUnverified, 2 * Geometry.blocksIn(plan.geometry, 0))
  const windowSize = () => Math.min(window.size(link.state().extended?.requestQueue), mostUnverified - plan.unverified)

  // Only the link's own fibers wait for its socket: a peer that does not read holds up nobody else, nor the clock by which it is judged.
  const due = Latch.makeUnsafe(false)
  let sending = false
  /** A peer that refused is asked for one more block, now and then. */
  let insisting = false
  let silent = false
  const wantsMore = (): boolean => {
    if (choking || sending) return false
    if (requests.refusing) return insisting && requests.outstanding === 0
    const limit = windowSize()
    // Requests go out by the quarter window: a write for each read would cost as much as the reading.
    return requests.outstanding <= limit - limit / 4
  }
  const say = (messages: Messages) => {
    lastSent = now()
    sending = true
    return link.send(...messages).pipe(
      Effect.catch((error) => Deferred.fail(broken, error)),
      Effect.ensuring(
        Effect.sync(() => {
          sending = false
          nudge()
        }),
      ),
      Effect.asVoid,
    )
  }
  const ask = Effect.suspend(() => {
    if (!wantsMore()) return Effect.void
    const limit = requests.refusing ? 1 : windowSize()
    insisting = false
    const asks: Array<PeerMessage.PeerMessage> = []
    while (requests.outstanding < limit) {
      const request = requests.next()
      if (request === undefined) break
      asks.push(request)
    }
    return Array.isArrayNonEmpty(asks) ? say(asks) : Effect.void
  })
  const nudge = () => {
    if (wantsMore()) due.openUnsafe()
  }
  const onNudge = Effect.gen(function* () {
    yield* due.await
    yield* due.close
    if (silent && !sending) yield* say([{ _tag: "KeepAlive" }])
    silent = false
    yield* ask
  })

  const violation = (rule: ProtocolViolation["rule"], detail: string) =>
    new ProtocolViolation({ peer: link.peer, seen: link.seen(), phase: "download", rule, detail })

  const turn = Effect.fnUntraced(function* (blocks: number, useful: number) {
    if (blocks === 0) return
    const time = now()
    patience.arrived(blocks * Geometry.blockSize, time)
    window.arrived(blocks, time)
    yield* received(useful)
  })

  /** Takes in a batch; what it filled is handed on before anything else, and the rest of the turn comes back. */
  const take = (batch: Messages): Effect.Effect<Effect.Effect<void, ProtocolViolation>> => {
    const fillings: Array<Filling> = []
    const { arrived, bytes } = requests
    let blocks = 0
    let broken: ProtocolViolation | undefined
    const chokedBefore = choking
    for (let i = 0; i < batch.length && broken === undefined; i++) {
      const message = batch[i]!
      switch (message._tag) {
        case "Piece": {
          const arrival = requests.arrive(message)
          if (arrival._tag === "Misshapen") broken = violation("block that was not asked for", blockInWords(message))
          else if (arrival._tag === "Unwanted") {
            const tooMuch = link.talk.hear(message)
            if (tooMuch !== undefined) broken = violation("flood", `${tooMuch}, most of them blocks that nobody wants`)
          } else {
            blocks++
            if (arrival._tag === "Filled") fillings.push(arrival.filling)
          }
          break
        }
        case "Choke":
          patience.choked(now())
          choking = true
          requests.giveUp()
          break
        case "Unchoke":
          patience.unchoked(now())
          choking = false
          break
        case "HaveNone":
        case "Bitfield":
          // It had everything, or it would not be here.
          if (!PeerState.isComplete(link.state())) broken = violation("pieces taken back", "it had every piece before")
          break
        case "RejectRequest":
          requests.refuse(message)
          if (requests.refusing) window.refused()
          break
      }
    }
    link.talk.forgive(requests.arrived - arrived)
    const taken = turn(blocks, requests.bytes - bytes)
    const spoken = choking === chokedBefore ? taken : Effect.andThen(taken, choked(choking))
    const rest = Effect.andThen(spoken, broken === undefined ? ask : Effect.fail(broken))
    return Effect.as(Effect.forEach(fillings, filled, { discard: true }), rest)
  }
  // The first piece of a batch may end this link. The second one is filled all the same, and nobody but us knows.
  const read = Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(restore(link.pull), (batch) => Effect.flatMap(take(batch), restore)),
  )

  const owes = () => choking || sending || requests.outstanding > 0 || requests.refusing
  const unhurried = { block: Duration.toMillis(deadlines.block), unchoke: Duration.toMillis(deadlines.unchoke) }
  const hurried = { ...unhurried, block: Math.min(unhurried.block, Duration.toMillis(deadlines.blockHurried)) }
  const watch = Effect.gen(function* () {
    yield* Effect.sleep(tick)
    const time = now()
    insisting = requests.refusing
    silent = time - lastSent >= keepAliveAfter
    if (silent) due.openUnsafe()
    nudge()
    // While others hold all buffers, or all waits for the disk, it is not this peer that is slow.
    patience.look(owes(), time)
    const end = patience.exhausted(othersWait() ? hurried : unhurried, time)
    if (end === undefined) return
    const { peer } = link
    const waited = Duration.millis(Math.round(end.waited))
    return yield* end._tag === "Choked"
      ? new ChokeTimeout({ peer, seen: link.seen(), waited })
      : new Stalled({ peer, seen: link.seen(), waited })
  })

  const untilLost = Effect.andThen(ask, Effect.forever(read, { disableYield: true })).pipe(
    Effect.raceFirst(Effect.forever(watch)),
    Effect.raceFirst(Effect.forever(onNudge)),
    Effect.raceFirst(Deferred.await(broken)),
    Effect.ensuring(Effect.sync(() => requests.leave())),
  )
  return {
    nudge,
    owes,
    poorFor: () => patience.poorFor(now()),
    idleFor: () => patience.idleFor(now()),
    isProven: () => patience.isProven(now()),
    rates: () => ({ late: patience.rate(now()), peak: patience.peak, mean: patience.mean(now()) }),
    untilLost,
  }
})

const blockInWords = ({ begin, block, piece }: PeerMessage.Of<"Piece">): string =>
  `${block.length} bytes at ${begin} of piece ${piece}`

/**
 * The last verdict on each peer, and who is tried again.
 *
 * A peer that was lost is tried again when it gave us something that we lacked: so an honest peer that hangs up again and again is kept, and yet a download ends, because there is only
 * so much that we lack; what comes to nothing is a setback, and each peer has a part in only so many of them between two pieces that it helped to store.
 *
 * When nobody is left, every source is asked, and then three kinds of peers are dialled once more. Those that were not dialled for lack of sockets, as long as each time makes them
 * fewer. Those that hung up on our handshake or stalled, once: they may not have noticed yet that an earlier run of ours is gone, or their disk was asleep. Those that gave us something
 * and are out of reach, a few times: the network may come back.
 */
import { Duration, Effect } from "effect"
import { NetAddress } from "effect/net"
import { type Candidates, most } from "../sources/Candidates.ts"
import type { DownloadEvent } from "../DownloadEvent.ts"
import type { LinkError, Rejection } from "../peer/errors.ts"
import { NoPeers } from "../sources/NoPeers.ts"
import type { Unasked } from "../sources/Unasked.ts"
import type { WebSeedFailed } from "../sources/web/WebProblem.ts"
import { NoSuitablePeer } from "../probe/NoSuitablePeer.ts"
import { outOfReach, pauses } from "./outage.ts"
import { leastRate } from "../peer/Patience.ts"
import { unstacked } from "../peer/unstacked.ts"

export interface VerdictsOptions {
  readonly candidates: Candidates
  /** Who was asked for peers, and what came of it. */
  readonly asked: () => NoPeers["asked"]
  /** What was not asked. */
  readonly unasked: ReadonlyArray<Unasked>
  /** What each web seed answered that does not give us anything, where there are some. */
  readonly webSeeds?: () => ReadonlyArray<WebSeedFailed>
  /** Asks the sources that have not been heard; whether there was one. */
  readonly askEverybody: Effect.Effect<boolean>
  /** What is to be said of those who are connected. */
  readonly present: () => ReadonlyArray<Rejection>
  readonly report: (event: DownloadEvent) => Effect.Effect<void>
}

export class Verdicts {
  readonly #options: VerdictsOptions
  readonly #last = new Map<string, Rejection>()
  /** Who gave us something, and how much of it has come to nothing since the last stored piece that it had a part in. */
  readonly #setbacks = new Map<string, number>()
  #pausesTaken = 0
  /** How many were not dialled for lack of sockets, at the least. */
  #undialled = Infinity

  constructor(options: VerdictsOptions) {
    this.#options = options
  }

  judge(error: Rejection): void {
    const { candidates } = this.#options
    const name = NetAddress.formatInet(error.peer)
    this.#last.delete(name)
    this.#last.set(name, unstacked(error))
    // Whoever calls us comes from another port each time: a seed would remember everybody who ever did.
    const [oldest] = this.#last.keys()
    if (this.#last.size > most) this.#last.delete(oldest!)
    candidates.tried(error.peer)
    if (isUnforgivable(error)) candidates.ban(error.peer)
  }

  /** A link ended that had brought so many blocks that we lacked, at so many bytes a second. Whether its peer is on offer again. */
  lost(error: LinkError, blocks: number, rate: number): boolean {
    const { candidates } = this.#options
    this.judge(error)
    candidates.gave(error.peer, rate)
    if (isUnforgivable(error) || error._tag === "Dismissed") return false
    const name = NetAddress.formatInet(error.peer)
    // Whom we have sent away has not lost its place.
    if (blocks === 0 && error._tag === "TooSlow") this.setback(name)
    else if (blocks === 0) return false
    const setbacks = this.#setbacks.get(name) ?? 0
    this.#setbacks.set(name, setbacks)
    if (setbacks > mostSetbacks) return false
    // Who gives little and hangs up would be the first to unchoke us again, and nobody else would ever have the time to.
    if (error._tag === "Disconnected" && rate >= leastRate) candidates.retry(error.peer)
    else candidates.keepForLast(error.peer)
    return true
  }

  /** What the peer gave was thrown away, or was part of a piece that is not right, and it is not known whose fault that was. */
  setback(name: string): void {
    this.#setbacks.set(name, (this.#setbacks.get(name) ?? 0) + 1)
  }

  /** A piece was stored to which these peers had contributed: patience begins anew. */
  progress(senders: Iterable<string>): void {
    this.#pausesTaken = 0
    for (const name of senders) this.#setbacks.set(name, 0)
  }

  /** The last verdict on everybody, in the order in which they fell. */
  get all(): ReadonlyArray<Rejection> {
    return [...this.#last.values(), ...this.#options.present()]
  }

  /** Nobody passed, and nobody is on offer: ends when somebody is, and fails when there is nobody to wait for. */
  readonly nobodyLeft: Effect.Effect<void, NoSuitablePeer | NoPeers> = Effect.gen({ self: this }, function* () {
    const { askEverybody, asked, candidates, report, unasked } = this.#options
    const webSeeds = this.#options.webSeeds?.() ?? []
    const failed = webSeeds.length > 0 && { webSeeds }
    if (yield* askEverybody) return
    const last = this.all
    const crowdedOut = last.filter((error) => error._tag === "ConnectFailed" && error.reason === "no sockets left")
    if (crowdedOut.length > 0 && crowdedOut.length < Math.min(this.#undialled, last.length)) {
      this.#undialled = crowdedOut.length
      return crowdedOut.forEach(({ peer }) => candidates.retry(peer))
    }
    if (candidates.secondChance(last.filter(deservesAnother).map(({ peer }) => peer))) {
      return yield* Effect.sleep(secondChanceAfter)
    }
    const missed = last.filter((error) => outOfReach(error) && this.#setbacks.has(NetAddress.formatInet(error.peer)))
    const pause = missed.length > 0 ? pauses[this.#pausesTaken] : undefined
    if (pause !== undefined) {
      this.#pausesTaken++
      yield* report({ _tag: "OutOfReach", peers: missed.length, pause })
      yield* Effect.raceFirst(Effect.sleep(pause), candidates.change)
      return missed.forEach(({ peer }) => candidates.retry(peer))
    }
    if (candidates.known === 0) return yield* new NoPeers({ asked: asked(), unasked, ...failed })
    return yield* new NoSuitablePeer({ rejections: last, unasked, ...failed })
  })
}

/** An honest peer among liars has a part in some corrupt pieces before they are found out, one by one. */
const mostSetbacks = 64

/** It sent what it must not send: whatever it says or gives, it is not asked again. */
const isUnforgivable = (error: Rejection): boolean =>
  error._tag === "CorruptPiece" ||
  error._tag === "ProtocolViolation" ||
  (error._tag === "DescriptionRefused" && error.reason === "false")

const deservesAnother = (error: Rejection): boolean =>
  error._tag === "Stalled" ||
  error._tag === "TooSlow" ||
  (error._tag === "HandshakeFailed" && (error.reason === "closed" || error.reason === "reset"))

/** Transmission hangs up on who calls again within half a second. */
const secondChanceAfter = Duration.seconds(1)

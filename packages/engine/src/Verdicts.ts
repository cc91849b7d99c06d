/**
 * The last verdict on each peer, and who is dialled again when nobody is left.
 *
 * Three kinds of peers are. Those that were not dialled for lack of sockets, as long as each time makes them fewer. Those that hung up on our handshake,
 * once: they may not have noticed yet that an earlier run of ours is gone. Those that served us and are out of reach, a few times: the network may come
 * back. Invariant: none of this goes on without a further stored piece, so a download ends.
 */
import { Duration, Effect } from "effect"
import { NetAddress } from "effect/net"
import type { Candidates } from "./Candidates.ts"
import type { DownloadEvent } from "./DownloadEvent.ts"
import { NoPeers, NoSuitablePeer, type Rejection } from "./errors.ts"
import { outOfReach, pauses } from "./outage.ts"

export interface VerdictsOptions {
  readonly candidates: Candidates
  /** Who was asked for peers, and what came of it. */
  readonly asked: () => NoPeers["asked"]
  /** Asks the sources that have not been heard; whether there was one. */
  readonly askEverybody: Effect.Effect<boolean>
  readonly report: (event: DownloadEvent) => Effect.Effect<void>
}

export class Verdicts {
  readonly #options: VerdictsOptions
  readonly #last = new Map<string, Rejection>()
  /** Who gave us a good piece. */
  readonly #served = new Set<string>()
  #pausesTaken = 0
  /** How many were not dialled for lack of sockets, at the least. */
  #undialled = Infinity

  constructor(options: VerdictsOptions) {
    this.#options = options
  }

  judge(error: Rejection): void {
    const name = NetAddress.formatInet(error.peer)
    this.#last.delete(name)
    this.#last.set(name, error)
  }

  /** The peer gave us a good piece before it was lost. */
  remember(peer: NetAddress.InetAddress): void {
    this.#served.add(NetAddress.formatInet(peer))
  }

  /** A piece was stored: patience begins anew. */
  progress(): void {
    this.#pausesTaken = 0
  }

  /** Nobody passed, and nobody is on offer: ends when somebody is, and fails when there is nobody to wait for. */
  readonly nobodyLeft: Effect.Effect<void, NoSuitablePeer | NoPeers> = Effect.gen({ self: this }, function* () {
    const { askEverybody, asked, candidates, report } = this.#options
    if (yield* askEverybody) return
    const last = [...this.#last.values()]
    const crowdedOut = last.filter((error) => error._tag === "ConnectFailed" && error.reason === "no sockets left")
    if (crowdedOut.length > 0 && crowdedOut.length < Math.min(this.#undialled, last.length)) {
      this.#undialled = crowdedOut.length
      return crowdedOut.forEach(({ peer }) => candidates.retry(peer))
    }
    const hungUp = last.filter((error) => error._tag === "HandshakeFailed" && hangUps.has(error.reason))
    if (candidates.secondChance(hungUp.map(({ peer }) => peer))) return yield* Effect.sleep(secondChanceAfter)
    const missed = last.filter((error) => outOfReach(error) && this.#served.has(NetAddress.formatInet(error.peer)))
    const pause = missed.length > 0 ? pauses[this.#pausesTaken] : undefined
    if (pause !== undefined) {
      this.#pausesTaken++
      yield* report({ _tag: "OutOfReach", peers: missed.length, pause })
      yield* Effect.raceFirst(Effect.sleep(pause), candidates.change)
      return missed.forEach(({ peer }) => candidates.retry(peer))
    }
    if (candidates.known === 0) return yield* new NoPeers({ asked: asked() })
    return yield* new NoSuitablePeer({ rejections: last })
  })
}

const hangUps: ReadonlySet<string> = new Set(["closed", "reset"])

/** Transmission hangs up on who calls again within half a second. */
const secondChanceAfter = Duration.seconds(1)

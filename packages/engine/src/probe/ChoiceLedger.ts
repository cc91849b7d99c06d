/**
 * Who takes part in a choice, and how it ended for them.
 *
 * Plain. Invariant: each of them is undecided until it is chosen or rejected; of who was dialled an end is told once.
 */
import { Duration, Effect } from "effect"
import { NetAddress } from "effect/net"
import { Dismissed, type ProbeError, type Seen } from "../peer/errors.ts"
import type { Link } from "../peer/Link.ts"
import { NoSuitablePeer } from "./NoSuitablePeer.ts"
import type { ProbeEvent } from "./ProbeEvent.ts"

type Tell = (event: ProbeEvent) => Effect.Effect<void>

interface Dialled {
  readonly peer: NetAddress.InetAddress
  /** By the stopwatch. */
  readonly since: number
  readonly seen: Seen | undefined
  /** Why it was rejected, of which nobody has taken the event yet. */
  readonly error: ProbeError | undefined
}

export class ChoiceLedger {
  readonly rejections: Array<ProbeError> = []
  readonly chosen: Array<Link> = []
  readonly #undecided = new Map<string, NetAddress.InetAddress>()
  /** Those who were dialled, and of whom no end is told yet. */
  readonly #dialled = new Map<string, Dialled>()
  readonly #now: () => number
  #isClosed = false

  /** `now` is a stopwatch, in milliseconds. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Whether the choice is made. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Those whose probe had not ended, or not begun. */
  get undecided(): ReadonlyArray<NetAddress.InetAddress> {
    return [...this.#undecided.values()]
  }

  get noneSuitable(): NoSuitablePeer {
    return new NoSuitablePeer({ rejections: this.rejections })
  }

  enter(peers: ReadonlyArray<NetAddress.InetAddress>): void {
    for (const peer of peers) this.#undecided.set(NetAddress.formatInet(peer), peer)
  }

  choose(link: Link): void {
    const name = NetAddress.formatInet(link.peer)
    this.#undecided.delete(name)
    this.#dialled.delete(name)
    this.chosen.push(link)
  }

  /** Something has happened to one of them, which is told on. */
  hear(event: ProbeEvent, tell: Tell): Effect.Effect<void> {
    return Effect.suspend(() => this.#hear(event, tell))
  }

  /** The choice is made: the ends of those that have none, which are told now. */
  close(): ReadonlyArray<ProbeError | Dismissed> {
    this.#isClosed = true
    return Array.from(this.#dialled.values(), ({ error, peer, seen, since }) => {
      const elapsed = Duration.millis(Math.round(this.#now() - since))
      return error ?? new Dismissed({ peer, seen: { ...seen, elapsed }, reason: "another was chosen" })
    })
  }

  #hear(event: ProbeEvent, tell: Tell): Effect.Effect<void> {
    const name = NetAddress.formatInet(event.peer)
    const dialled = this.#dialled.get(name)
    // Of who is hung up on, the end is told already.
    if (this.#isClosed && dialled !== undefined) return Effect.void
    switch (event._tag) {
      case "Dialling": {
        const begun = { peer: event.peer, since: this.#now(), seen: undefined, error: undefined }
        // Of whom it is not told that it was dialled, because nobody took that before the choice was made, no end is told either.
        return Effect.uninterruptibleMask((restore) =>
          Effect.tap(restore(tell(event)), () => Effect.sync(() => void this.#dialled.set(name, begun))),
        )
      }
      case "Parked":
        if (dialled !== undefined) this.#dialled.set(name, { ...dialled, seen: event.seen })
        break
      case "Rejected":
        this.#undecided.delete(name)
        this.rejections.push(event.error)
        if (dialled !== undefined) this.#dialled.set(name, { ...dialled, error: event.error })
        // While it waits to be taken, the choice may be made, which breaks that off.
        return Effect.tap(tell(event), () => Effect.sync(() => this.#dialled.delete(name)))
    }
    return tell(event)
  }
}

/**
 * The connections that all torrents of a session may have together, shared between them.
 *
 * Invariants: never more are taken than there are; one that becomes free goes to the torrent that has the fewest of those that wait for one, and within a torrent to who has waited longest; nothing is owed while
 * nobody waits, and never so much that the one who gives would have fewer than the one who gets.
 */
import { Effect, type Scope } from "effect"
import type { Permits } from "../probe/Permit.ts"

export class Hall {
  readonly #size: number
  readonly #shares = new Set<Share>()
  #taken = 0

  /** Of so many connections. */
  constructor(size: number) {
    this.#size = size
  }

  /** A torrent's share, until the scope ends. */
  readonly enter: Effect.Effect<Share, never, Scope.Scope> = Effect.acquireRelease(
    Effect.sync(() => {
      const share = new Share(this)
      this.#shares.add(share)
      return share
    }),
    (share) => Effect.sync(() => void this.#shares.delete(share)),
  )

  /** Gives what is free to those who wait. */
  settle(): void {
    while (this.#taken < this.#size) {
      const [next] = this.#waiting()
      if (next === undefined) return
      next.admit()
    }
  }

  /** One is taken, or free again. */
  count(change: number): void {
    this.#taken += change
    if (change < 0) this.settle()
  }

  /** How many connections a torrent should give up, so that those that wait have as many as it has. */
  owedBy(share: Share): number {
    // Who has the most gives first: if all did, more would go than come.
    for (const other of this.#shares) if (other.taken > share.taken) return 0
    let owed = 0
    for (const other of this.#waiting()) {
      const difference = share.taken - owed - other.taken
      if (other === share || difference < 2) break
      owed += Math.min(other.waiting, Math.floor(difference / 2))
    }
    return owed
  }

  /** Those that wait for one, who have the fewest first. */
  #waiting(): ReadonlyArray<Share> {
    return [...this.#shares].filter(({ waiting }) => waiting > 0).toSorted((a, b) => a.taken - b.taken)
  }
}

/** What of them is a torrent's. */
export class Share implements Permits {
  readonly #hall: Hall
  readonly #queue = new Set<() => void>()
  #taken = 0

  constructor(hall: Hall) {
    this.#hall = hall
  }

  get taken(): number {
    return this.#taken
  }

  get waiting(): number {
    return this.#queue.size
  }

  /** How many others should have instead. */
  get owed(): number {
    return this.#hall.owedBy(this)
  }

  /** Who has waited longest has one now. */
  admit(): void {
    for (const go of this.#queue) {
      this.#queue.delete(go)
      this.#taken++
      this.#hall.count(1)
      return go()
    }
  }

  readonly take = (permits: number): Effect.Effect<number> =>
    Effect.as(
      Effect.callback<void>((resume) => {
        let isHere = false
        const go = () => {
          isHere = true
          resume(Effect.void)
        }
        this.#queue.add(go)
        this.#hall.settle()
        return Effect.sync(() => {
          // It may have got one in the moment in which it gave up.
          if (isHere) this.#free(1)
          else this.#queue.delete(go)
        })
      }).pipe(Effect.repeat({ times: permits - 1 })),
      permits,
    )

  readonly release = (permits: number): Effect.Effect<number> =>
    Effect.sync(() => {
      this.#free(permits)
      return permits
    })

  #free(permits: number): void {
    this.#taken -= permits
    this.#hall.count(-permits)
  }
}

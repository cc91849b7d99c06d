/**
 * Who may ask which host: so many at once, whichever web seeds, torrents and redirects lead there.
 *
 * Invariant: nobody waits for one host while it keeps others from another: what one has is given back before one waits.
 */
import { Effect, Semaphore } from "effect"

/** Requests at once of one host: the politeness of browsers of old (RFC 2616), and libtorrent's. */
export const mostPerHost = 2

interface Line {
  readonly semaphore: Semaphore.Semaphore
  users: number
}

/** One place at one host at a time. */
export interface Turn {
  /** Waits for a place at that host; the one that it has elsewhere is given back. */
  readonly take: (host: string) => Effect.Effect<void>
  readonly end: Effect.Effect<void>
}

export class Turns {
  readonly #lines = new Map<string, Line>()

  turn(): Turn {
    let at: { readonly host: string; readonly line: Line } | undefined
    const end = Effect.suspend(() => {
      if (at === undefined) return Effect.void
      const { host, line } = at
      at = undefined
      return Effect.andThen(line.semaphore.release(1), this.#leave(host, line))
    })
    const take = (host: string) =>
      Effect.suspend(() => {
        if (at?.host === host) return Effect.void
        return Effect.uninterruptibleMask((restore) =>
          Effect.gen({ self: this }, function* () {
            yield* end
            const line = this.#enter(host)
            yield* Effect.onError(restore(line.semaphore.take(1)), () => this.#leave(host, line))
            at = { host, line }
          }),
        )
      })
    return { take, end }
  }

  #enter(host: string): Line {
    const line = this.#lines.get(host) ?? { semaphore: Semaphore.makeUnsafe(mostPerHost), users: 0 }
    line.users++
    this.#lines.set(host, line)
    return line
  }

  /** Hosts that nobody asks are forgotten. */
  #leave(host: string, line: Line): Effect.Effect<void> {
    return Effect.sync(() => {
      if (--line.users === 0) this.#lines.delete(host)
    })
  }
}

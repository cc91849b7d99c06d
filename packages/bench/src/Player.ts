/** Plays from an HTTP server as a player does: asks for a range, begins when it has some of it, reads a few seconds ahead, and waits where there is nothing to play. */
import { Duration, Effect } from "effect"
import { get, type IncomingMessage } from "node:http"

export interface Watched {
  /** Seconds from the request to the first byte. */
  readonly first: number
  /** Seconds for which it had nothing to play after it had begun. */
  readonly stalled: number
  /** Bytes that were not what they should be, as `matches` says. */
  readonly wrong: number
}

export interface Watching {
  /** Where it begins, in bytes. */
  readonly offset: number
  /** Bytes a second that are played. */
  readonly rate: number
  readonly seconds: number
  readonly matches: (bytes: Uint8Array, offset: number) => boolean
}

/** So many seconds it reads ahead. */
const ahead = 4

/** With so many seconds it begins. */
const beginsWith = 0.5

export const watch = (
  url: string,
  { matches, offset, rate, seconds }: Watching,
): Effect.Effect<Watched | undefined> => {
  const watched = Effect.callback<Watched>((resume) => {
    const asked = performance.now()
    const request = get(url, { headers: { range: `bytes=${offset}-` }, agent: false }, (response: IncomingMessage) => {
      let first = 0
      let got = 0
      let wrong = 0
      /** When all that has come is played. */
      let due = 0
      let stalled = 0
      response.on("data", (bytes: Buffer) => {
        const now = performance.now()
        if (got === 0) {
          first = now - asked
          due = now + beginsWith * 1000
        }
        if (!matches(bytes, offset + got)) wrong += bytes.length
        got += bytes.length
        stalled += Math.max(0, now - due)
        due = Math.max(now, due) + (bytes.length / rate) * 1000
        if (got >= rate * seconds) {
          request.destroy()
          return resume(Effect.succeed({ first: first / 1000, stalled: stalled / 1000, wrong }))
        }
        const early = due - now - ahead * 1000
        if (early <= 0) return
        response.pause()
        setTimeout(() => response.resume(), early)
      })
    })
    request.on("error", () => {})
    return Effect.sync(() => request.destroy())
  })
  return Effect.timeoutOption(watched, Duration.seconds(4 * seconds + 20)).pipe(
    Effect.map((one) => (one._tag === "Some" ? one.value : undefined)),
  )
}

/** What a web seed answers to a small question: would it give us the file? */
import { WebSeedUrl } from "@unchoke/protocol"
import { Duration, Effect } from "effect"
import { stopwatch } from "../../monotonic.ts"
import type { Torrent } from "../../Torrent.ts"
import { failedAt, type WebProblem, type WebSeedFailed } from "./WebProblem.ts"
import { WebServer } from "./WebServer.ts"

/** So many bytes are asked for. */
const few = 16_384

/** How long all of it may take. */
const deadline = Duration.seconds(20)

/** A web seed that would give us the file. */
export interface Willing {
  /** With the parts that it is asked for; else it sends files only from their beginning. */
  readonly ranges: boolean
  /** How long the whole exchange took. */
  readonly took: Duration.Duration
}

/** Asks for the last few bytes of the longest file. */
export const askSeed = (url: string, torrent: Torrent): Effect.Effect<Willing, WebSeedFailed, WebServer> =>
  Effect.gen(function* () {
    const now = yield* stopwatch
    const began = now()
    const { files } = torrent
    const longest = files.reduce(
      (most, file, nth) => (!file.padding && file.length > files[most]!.length ? nth : most),
      files.findIndex(({ padding }) => !padding),
    )
    const file = files[longest]!
    const last = file.length - 1
    const lane = yield* (yield* WebServer).lane
    const wanted = {
      url: WebSeedUrl.ofFile(url, WebSeedUrl.namesOf(torrent)[longest]!),
      first: Math.max(0, file.length - few),
      last,
      length: file.length,
    }
    yield* lane.enter(wanted.url)
    const { isWhole, part } = yield* lane.fetch(wanted)
    for (let left = isWhole ? 1 : last - wanted.first + 1; left > 0;) {
      const bytes = yield* part
      if (bytes === undefined) return yield* Effect.fail<WebProblem>({ _tag: "CutShort", wanted: left, got: 0 })
      left -= bytes.length
    }
    return { ranges: !isWhole, took: Duration.millis(Math.round(now() - began)) }
  }).pipe(
    Effect.scoped,
    Effect.timeoutOrElse({
      duration: deadline,
      orElse: () => Effect.fail<WebProblem>({ _tag: "TimedOut", waited: deadline }),
    }),
    Effect.mapError((problem) => failedAt(url, problem)),
  )

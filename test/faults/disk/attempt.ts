/** A download in this process, by the engine as a program embeds it, and what the command would say of its end. */
import { NodeUnchoke } from "@unchoke/node"
import type { Content } from "@unchoke/testkit"
import { Effect, Fiber, type Scope, Stream } from "effect"
import type { NetAddress } from "effect/net"
import { TestClock } from "effect/testing"
import { type DownloadError, Unchoke } from "@unchoke/engine"
import { codeOf } from "../../../packages/cli/src/ExitCode.ts"
import { failure } from "../../../packages/cli/src/render/failure.ts"

export interface Attempt {
  /** The pieces that were reported as stored so far. */
  readonly stored: ReadonlySet<number>
  readonly untilStored: (pieces: number) => Effect.Effect<void>
  /** The exit code and the first line on stderr; a defect is the test's. */
  readonly ended: Effect.Effect<{ readonly code: number; readonly says: string }>
}

export interface Options {
  readonly folder: string
  readonly peers: ReadonlyArray<NetAddress.InetAddress>
  readonly recheck?: boolean
}

/** Begins it; the time is the world's. It is interrupted when the scope ends. */
export const start = Effect.fnUntraced(function* (
  { torrent }: Content.Content,
  options: Options,
): Effect.fn.Return<Attempt, never, Scope.Scope> {
  const stored = new Set<number>()
  const fiber = yield* Effect.gen(function* () {
    const { download } = yield* Unchoke
    yield* Stream.runForEach(download(torrent, { ...options, trackers: false }), (event) =>
      Effect.sync(() => event._tag === "PieceStored" && stored.add(event.piece)),
    )
  }).pipe(
    Effect.as({ code: 0, says: "" }),
    Effect.catch((error: DownloadError) =>
      Effect.succeed({ code: codeOf(error), says: failure(error, { torrent: "content.torrent" })[0]! }),
    ),
    Effect.provide(NodeUnchoke.layer),
    TestClock.withLive,
    Effect.forkScoped,
  )
  return {
    stored,
    untilStored: (pieces) =>
      Effect.sleep(5).pipe(
        Effect.repeat({ until: () => stored.size >= pieces }),
        TestClock.withLive,
        Effect.raceFirst(Effect.andThen(Fiber.join(fiber), ({ says }) => Effect.die(new Error(`it ended: ${says}`)))),
        Effect.asVoid,
      ),
    ended: Fiber.join(fiber),
  }
})

/** Runs it to its end. */
export const run = (content: Content.Content, options: Options) =>
  Effect.gen(function* () {
    const { ended, stored } = yield* start(content, options)
    return { ...(yield* ended), stored }
  }).pipe(Effect.scoped)

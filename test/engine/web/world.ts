/** A download from web servers in memory, and what came of it. */
import { download, open } from "@unchoke/engine/internal"
import { assert } from "@effect/vitest"
import type { Content } from "@unchoke/testkit"
import { MemoryPieceStore, MemorySwarm, MemoryWeb, type Script, settle, visit } from "@unchoke/testkit"
import { Clock, Effect, Layer, type Result, Stream } from "effect"
import { NetAddress } from "effect/net"
import {
  type DownloadError,
  type DownloadEvent,
  type DownloadOptions,
  HttpWebServer,
  type OpenTorrent,
  Tracker,
} from "@unchoke/engine"

export interface World extends MemoryWeb.Options {
  readonly content: Content.Content
  readonly webSeeds: ReadonlyArray<string>
  readonly peers?: Readonly<Record<string, Script.Script>>
  readonly options?: Partial<DownloadOptions>
  /** Somebody reads meanwhile; when this has ended all is over. */
  readonly reads?: (read: OpenTorrent["read"]) => Effect.Effect<void>
  readonly mitigateSsrf?: boolean
  readonly files?: Readonly<Record<string, Uint8Array>>
  readonly buffers?: number
  /** Seconds of virtual time in which it has to end (default: 1200). */
  readonly within?: number
}

export interface Outcome {
  readonly result: Result.Result<void, DownloadError>
  readonly events: ReadonlyArray<DownloadEvent>
  readonly requests: ReadonlyArray<MemoryWeb.Requested>
  readonly stored: ReadonlyMap<number, number>
  readonly files: ReadonlyMap<string, Uint8Array>
  readonly served: ReadonlyArray<{ readonly piece: number; readonly peer: string }>
  /** When it ended, by the clock. */
  readonly ended: number
  readonly web: MemoryWeb.MemoryWeb["Service"]
}

/** Runs it to its end. It must end, leave no connection open, and store no piece twice. */
export const play = (world: World): Effect.Effect<Outcome> => {
  const { buffers, content, files, mitigateSsrf = false, options, peers = {}, webSeeds, within = 1200 } = world
  const web = MemoryWeb.layer(world)
  const layer = Layer.mergeAll(
    Layer.provideMerge(HttpWebServer.layerWith({ mitigateSsrf }), web),
    MemorySwarm.layer({ content, peers }),
    MemoryPieceStore.layer({ ...(files && { files }), ...(buffers !== undefined && { buffers }) }),
    Layer.mock(Tracker, {}),
  )
  return Effect.gen(function* () {
    const disk = yield* MemoryPieceStore.MemoryPieceStore
    const seen = yield* MemoryWeb.MemoryWeb
    const swarm = yield* MemorySwarm.MemorySwarm
    const events: Array<DownloadEvent> = []
    const torrent = { ...content.torrent, webSeeds }
    const asked = {
      folder: "downloads",
      peers: Object.keys(peers).map(NetAddress.inetAddressFromStringUnsafe),
      trackers: false,
      ...options,
    }
    const opened = world.reads && open(torrent, asked)
    const drained = Stream.runForEach(opened?.events ?? download(torrent, asked), (event) =>
      Effect.sync(() => void events.push(event)),
    )
    const fiber = yield* (opened === undefined ? drained : Effect.raceFirst(drained, world.reads!(opened.read))).pipe(
      Effect.result,
      Effect.zip(Clock.currentTimeMillis),
      Effect.forkChild,
    )
    for (let half = 0; half < 2 * within && fiber.pollUnsafe() === undefined; half++) yield* visit([500])
    assert.isDefined(fiber.pollUnsafe(), "the download hangs")
    const [result, ended] = yield* yield* Effect.fromNullishOr(fiber.pollUnsafe()).pipe(Effect.orDie)
    yield* settle
    assert.strictEqual(seen.open(), 0)
    assert.isTrue([...disk.stored.values()].every((times) => times === 1))
    return {
      result,
      events,
      requests: seen.requests,
      stored: disk.stored,
      files: disk.files,
      served: swarm.served,
      ended,
      web: seen,
    }
  }).pipe(Effect.provide(layer))
}

/** Whether all of the torrent is there as it should be. */
export const assertComplete = ({ files, result }: Outcome, content: Content.Content): void => {
  assert.strictEqual(result._tag, "Success", JSON.stringify(result))
  for (const file of content.torrent.files) {
    if (file.padding || file.link !== undefined) continue
    assert.deepStrictEqual(
      files.get(`downloads/${file.path.join("/")}`),
      content.data.subarray(file.offset, file.offset + file.length),
    )
  }
}

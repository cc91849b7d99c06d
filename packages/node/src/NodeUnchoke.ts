/** The engine on Node: all that an embedding program has to provide. */
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { Context, Effect, Layer } from "effect"
import type { Digest } from "effect/crypto"
import {
  type Dialer,
  type Listener,
  Multicast,
  type PieceStore,
  type SessionOptions,
  Tracker,
  Unchoke,
  WebServer,
} from "unchoke"
import * as AttentiveClock from "./AttentiveClock.ts"
import * as NodeDescriptions from "./NodeDescriptions.ts"
import * as NodeDialer from "./NodeDialer.ts"
import * as NodeListener from "./NodeListener.ts"
import * as NodePieceStore from "./NodePieceStore.ts"
import type { NodeTrackerOptions } from "./NodeTracker.ts"
import type { NodeWebServerOptions } from "./NodeWebServer.ts"

/** What all torrents of the program share, and how its trackers are called. */
export interface NodeUnchokeOptions extends SessionOptions, NodeTrackerOptions, NodeWebServerOptions {}

/** What the engine needs of a machine: TCP in both directions, multicast, files, trackers by HTTP(S) and UDP, web servers, hashing (for `Torrent.fromBytes`). */
export const layerPlatformWith = (
  options: NodeTrackerOptions & NodeWebServerOptions,
): Layer.Layer<Dialer | Listener | Multicast | PieceStore | Tracker | WebServer | Digest.Digest> =>
  Layer.mergeAll(
    NodeDialer.layer,
    NodeListener.layer,
    NodePieceStore.layer,
    lateTracker(options),
    lateMulticast,
    lateWebServer(options),
    NodeCrypto.layerDigest,
    NodeDescriptions.layer,
  )

/** The engine, over all of that. It measures its deadlines with a clock of its own, which stands still while the process does. */
export const layerWith = (options: NodeUnchokeOptions): Layer.Layer<Unchoke | Digest.Digest> =>
  Layer.merge(
    Unchoke.layerWith(options).pipe(Layer.provide(layerPlatformWith(options)), Layer.provide(AttentiveClock.layer)),
    NodeCrypto.layerDigest,
  )

export const layer: Layer.Layer<Unchoke | Digest.Digest> = Layer.suspend(() => layerWith({}))

/** Loaded by the first torrent that looks for peers in the local network. */
const lateMulticast: Layer.Layer<Multicast> = Layer.succeed(Multicast)({
  join: (groups, heard) =>
    Effect.promise(() => import("./NodeMulticast.ts")).pipe(
      Effect.flatMap(({ layer }) =>
        Effect.flatMap(Multicast, ({ join }) => join(groups, heard)).pipe(Effect.provide(layer)),
      ),
    ),
})

/** The clients for HTTP and UDP take longer to load than the rest together, so they are loaded when the first tracker is asked. */
const lateTracker = (options: NodeTrackerOptions): Layer.Layer<Tracker> =>
  Layer.effect(
    Tracker,
    Effect.gen(function* () {
      const scope = yield* Effect.scope
      const tracker = yield* Effect.cached(
        Effect.promise(() => import("./NodeTracker.ts")).pipe(
          Effect.flatMap(({ layerWith }) => Layer.buildWithScope(layerWith(options), scope)),
          Effect.map(Context.get(Tracker)),
        ),
      )
      return {
        announce: (url, request) => Effect.flatMap(tracker, ({ announce }) => announce(url, request)),
      }
    }),
  )

/** So are web servers, when the first one is asked. */
const lateWebServer = (options: NodeWebServerOptions): Layer.Layer<WebServer> =>
  Layer.effect(
    WebServer,
    Effect.gen(function* () {
      const scope = yield* Effect.scope
      const server = yield* Effect.cached(
        Effect.promise(() => import("./NodeWebServer.ts")).pipe(
          Effect.flatMap(({ layerWith }) => Layer.buildWithScope(layerWith(options), scope)),
          Effect.map(Context.get(WebServer)),
        ),
      )
      return { lane: Effect.flatMap(server, ({ lane }) => lane) }
    }),
  )

/** The engine on Node: all that an embedding program has to provide. */
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { Context, Effect, type FileSystem, Layer } from "effect"
import type { Digest } from "effect/crypto"
import type { HttpClient } from "effect/http"
import {
  type Dialer,
  type Listener,
  Multicast,
  type PieceStore,
  type SessionOptions,
  Tracker,
  Unchoke,
  WebServer,
} from "@unchoke/engine"
import * as AttentiveClock from "./AttentiveClock.ts"
import * as NodeDht from "./NodeDht.ts"
import * as NodeDescriptions from "./NodeDescriptions.ts"
import * as NodeDialer from "./NodeDialer.ts"
import * as NodeListener from "./NodeListener.ts"
import * as NodePieceStore from "./NodePieceStore.ts"
import type { NodeTrackerOptions } from "./NodeTracker.ts"
import type { NodeWebServerOptions } from "./NodeWebServer.ts"

/** What all torrents of the program share, and how its trackers are called. */
export interface NodeUnchokeOptions extends SessionOptions, NodeTrackerOptions, NodeWebServerOptions {
  /** How the DHT is entered, and where whom we know there is kept; `false`: there is none. */
  readonly dht?: NodeDht.NodeDhtOptions | false | undefined
}

/**
 * What the engine needs of a machine: TCP in both directions, multicast, files, trackers by HTTP(S) and UDP, web servers, and what `Torrent.fromBytes` and `fromFile` need.
 *
 * For who assembles the engine, perhaps with ports of other kinds; to put one of your own in the place of one of these, `layerOver` is shorter, and brings the clock of `layer` as well.
 *
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { NodeUnchoke, Torrent, Unchoke } from "unchoke"
 *
 * const engine = Unchoke.layerWith({ maxPeers: 20 }).pipe(Layer.provideMerge(NodeUnchoke.layerPlatform))
 *
 * export const program = Torrent.fromFile("ubuntu.torrent").pipe(Effect.provide(engine))
 * ```
 */
export const layerPlatformWith = (
  options: NodeTrackerOptions & NodeWebServerOptions & Pick<NodeUnchokeOptions, "dht">,
): Layer.Layer<
  Dialer | Listener | Multicast | PieceStore | Tracker | WebServer | Digest.Digest | FileSystem.FileSystem
> =>
  Layer.mergeAll(
    NodeDialer.layer,
    NodeListener.layer,
    NodePieceStore.layer,
    lateTracker(options),
    lateMulticast,
    options.dht === false ? Layer.empty : NodeDht.layer(options.dht),
    lateWebServer(options),
    NodeCrypto.layerDigest,
    NodeFileSystem.layer,
    NodeDescriptions.layer,
  )

/** The same without options: any tracker's address but those in one's own network, certificates that Node or the system trusts, the DHT by way of the nodes that all clients know. */
export const layerPlatform: ReturnType<typeof layerPlatformWith> = Layer.suspend(() => layerPlatformWith({}))

/** An HTTP client for `Torrent.fromUrl`: Node's own, which trusts the certificates that Node or the system does. It is loaded when it is first provided. */
export const layerHttp: Layer.Layer<HttpClient.HttpClient> = Layer.unwrap(
  Effect.map(
    Effect.promise(() => import("./NodeTrackerHttp.ts")),
    ({ layer }) => layer({}),
  ),
)

/**
 * The engine over all of that, with these ports in the place of Node's own: those that `ports` provides, the others are Node's.
 *
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { Dialer, NodeUnchoke, Torrent, Unchoke } from "unchoke"
 *
 * declare const myDialer: Layer.Layer<Dialer>
 *
 * export const program = Effect.gen(function* () {
 *   const unchoke = yield* Unchoke
 *   const torrent = yield* Torrent.fromFile("ubuntu.torrent")
 *   return unchoke.download(torrent, { folder: "downloads" })
 * }).pipe(Effect.provide(NodeUnchoke.layerOver(myDialer)))
 * ```
 */
export const layerOver = <Ports, E = never, R = never>(
  ports: Layer.Layer<Ports, E, R>,
  options: NodeUnchokeOptions = {},
): Layer.Layer<Unchoke | Digest.Digest | FileSystem.FileSystem, E, R> =>
  Layer.mergeAll(
    Unchoke.layerWith(options).pipe(
      // What is merged last wins.
      Layer.provide(Layer.merge(layerPlatformWith(options), ports)),
      Layer.provide(AttentiveClock.layer),
    ),
    NodeCrypto.layerDigest,
    NodeFileSystem.layer,
  )

/** The engine over all of that, and what `Torrent.fromFile` needs. It measures its deadlines with a clock of its own, which stands still while the process does. */
export const layerWith = (options: NodeUnchokeOptions): Layer.Layer<Unchoke | Digest.Digest | FileSystem.FileSystem> =>
  layerOver(Layer.empty, options)

/** The same without options. */
export const layer: ReturnType<typeof layerWith> = Layer.suspend(() => layerWith({}))

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
const lateTracker = (options: NodeTrackerOptions): Layer.Layer<Tracker> => {
  const load = Effect.promise(() => import("./NodeTracker.ts"))
  return Layer.effect(
    Tracker,
    Effect.map(
      late(
        Tracker,
        Effect.map(load, ({ layerWith }) => layerWith(options)),
      ),
      (tracker) => ({
        announce: (url, request) => Effect.flatMap(tracker, ({ announce }) => announce(url, request)),
      }),
    ),
  )
}

/** So are web servers, when the first one is asked. */
const lateWebServer = (options: NodeWebServerOptions): Layer.Layer<WebServer> => {
  const load = Effect.promise(() => import("./NodeWebServer.ts"))
  return Layer.effect(
    WebServer,
    Effect.map(
      late(
        WebServer,
        Effect.map(load, ({ layerWith }) => layerWith(options)),
      ),
      (server) => ({
        lane: Effect.flatMap(server, ({ lane }) => lane),
      }),
    ),
  )
}

/** A service that is loaded once, when it is first wanted; what it opens belongs to the scope in which this is run. */
const late = <I, S>(service: Context.Key<I, S>, load: Effect.Effect<Layer.Layer<I>>) =>
  Effect.flatMap(Effect.scope, (scope) =>
    Effect.cached(
      load.pipe(
        Effect.flatMap((layer) => Layer.buildWithScope(layer, scope)),
        Effect.map(Context.get(service)),
      ),
    ),
  )

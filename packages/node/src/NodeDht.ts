/**
 * The DHT as a source of peers: one node for a program, which is there from the first question on.
 *
 * It takes a `PublicInfoHash`, so it can't be asked for a private torrent. What it is made of is loaded with the first question too.
 */
import { Context, Effect, Layer, Scope, Stream } from "effect"
import type { Host } from "effect/net"
import { DhtSource } from "@unchoke/engine"
import { isSwitchedOff } from "./isSwitchedOff.ts"

/** How the DHT is entered. */
export interface NodeDhtOptions {
  /** Nodes to enter by (`--dht-node`). */
  readonly nodes?: ReadonlyArray<Host.HostPort> | undefined
  /** Nodes that let everybody in (default: those that all clients use). */
  readonly routers?: ReadonlyArray<Host.HostPort> | undefined
  /** UDP ports to be reached at, the first that is free (default: the number of the TCP port of who asks first, or any). */
  readonly ports?: ReadonlyArray<number> | undefined
  /** Where whom we know is kept until the next time; `undefined`: nowhere (default: `unchoke/dht.dat` in the user's cache folder; nowhere when `nodes` or `routers` are named, who may be of another DHT). */
  readonly file?: string | undefined
}

/** Set to anything but what says no (`isSwitchedOff`), nobody is asked by default: as `--no-dht`, for programs that are not to be seen. Whoever names nodes or routers asks those. */
const off = "UNCHOKE_NO_DHT"

/** The DHT; nothing is sent before somebody asks for a torrent. Off where `UNCHOKE_NO_DHT` is set and neither `nodes` nor `routers` is said. */
export const layer = (options: NodeDhtOptions = {}): Layer.Layer<DhtSource> =>
  !isSwitchedOff(off) || options.nodes !== undefined || options.routers !== undefined
    ? asked(options)
    : Layer.effectContext(Effect.succeed(Context.empty() as Context.Context<DhtSource>))

const asked = (options: NodeDhtOptions): Layer.Layer<DhtSource> =>
  Layer.effect(
    DhtSource,
    Effect.gen(function* () {
      const scope = yield* Effect.scope
      let port: number | undefined
      const dht = yield* Effect.cached(
        Effect.flatMap(
          Effect.promise(() => import("./dhtNode.ts")),
          (dhtNode) =>
            Effect.provideService(
              dhtNode.make({ ...options, ports: options.ports ?? (port === undefined ? [] : [port]) }),
              Scope.Scope,
              scope,
            ),
        ),
      )
      return {
        of: (infoHash, nodes) => ({
          name: "DHT",
          origin: "dht",
          isHope: false,
          find: (seeker) =>
            Stream.unwrap(
              Effect.gen(function* () {
                port ??= seeker.port
                const { find } = yield* dht
                return Stream.mapError(find(infoHash, { ...seeker, nodes }), ({ message }) => message)
              }),
            ),
        }),
      }
    }),
  )

/** A DHT in memory, as the engine sees it: it names the same peers of every torrent, and remembers who was looked for. For the DHT itself see `SimulatedDht`. */
import type { Duration } from "effect"
import { Context, Effect, Layer, Stream } from "effect"
import type { NetAddress } from "effect/net"
import { DhtSource, type Seeker } from "@unchoke/engine"

/** What a DHT in memory knows. */
export interface Options {
  /** Whom it names. */
  readonly peers: ReadonlyArray<NetAddress.InetAddress>
  /** How long a lookup takes (default: 50 ms). */
  readonly delay?: Duration.Input
}

/** What was asked of it. */
export class MemoryDht extends Context.Service<
  MemoryDht,
  {
    /** Every lookup, the earliest first. */
    readonly lookups: ReadonlyArray<Seeker>
  }
>()("@unchoke/testkit/MemoryDht") {}

/** A `DhtSource` that names these peers. */
export const layer = ({ delay = 50, peers }: Options): Layer.Layer<DhtSource | MemoryDht> =>
  Layer.effectContext(
    Effect.sync(() => {
      const lookups: Array<Seeker> = []
      return Context.make(MemoryDht, { lookups }).pipe(
        Context.add(DhtSource, {
          of: () => ({
            name: "DHT",
            origin: "dht",
            isHope: false,
            find: (seeker) =>
              Stream.fromEffect(
                Effect.sync(() => {
                  lookups.push(seeker)
                  return { peers, more: false }
                }).pipe(Effect.delay(delay)),
              ),
          }),
        }),
      )
    }),
  )

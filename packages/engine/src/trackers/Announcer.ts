// PLACEHOLDER, replace entirely: only here so that the rest type-checks while the trackers are being written.
import { Effect, type Scope, Stream } from "effect"
import type { NetAddress } from "effect/net"
import type { Torrent } from "../Torrent.ts"
import type { Tracker } from "./Tracker.ts"

export type TrackerAnswer =
  | {
      readonly _tag: "TrackerAnswered"
      readonly tracker: string
      readonly peers: ReadonlyArray<NetAddress.InetAddress>
    }
  | { readonly _tag: "TrackerFailed"; readonly tracker: string; readonly error: { readonly message: string } }
  | { readonly _tag: "RoundEnded" }
export const start = (_: {
  readonly torrent: Torrent
  readonly peerId: Uint8Array
  readonly port: number
  readonly progress: () => { readonly uploaded: number; readonly downloaded: number; readonly left: number }
  readonly trackers: ReadonlyArray<ReadonlyArray<string>>
}): Effect.Effect<
  { readonly answers: Stream.Stream<TrackerAnswer>; readonly completed: Effect.Effect<void> },
  never,
  Scope.Scope | Tracker
> => Effect.succeed({ answers: Stream.make({ _tag: "RoundEnded" }), completed: Effect.void })

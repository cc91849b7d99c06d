/** Would this one peer really give us the torrent? */
import { Effect } from "effect"
import type { NetAddress } from "effect/net"
import { stopwatch } from "./monotonic.ts"
import { Meter } from "./observe/Meter.ts"
import * as Deadlines from "./peer/Deadlines.ts"
import type { Dialer } from "./peer/Dialer.ts"
import type { ProbeError, Seen } from "./peer/errors.ts"
import * as Self from "./peer/Self.ts"
import { unstacked } from "./peer/unstacked.ts"
import { probeLink } from "./probe/probeLink.ts"
import { ambient } from "./swarm/Session.ts"
import type { Torrent } from "./Torrent.ts"

/** How long each step of a probe may take. */
export interface ProbeOptions {
  /** Deadlines that differ from those of a race: 5 s for the connection, the handshake, and the bitfield each, 45 s for `unchoke`. */
  readonly deadlines?: Deadlines.Given | undefined
}

/**
 * Connects to a peer, exchanges handshakes, makes sure that it has every piece, says `interested` and waits to be unchoked; then hangs up. Downloads nothing.
 *
 * Succeeds with what was seen of a peer that would give us the torrent: its client, how many pieces it has, and how long each step took. Each step fails with an error of its own, which has `seen` as
 * well: `ConnectFailed`, `HandshakeFailed`, `IncompletePeer` (it has a part), `ChokeTimeout`; `ProtocolViolation` and `Disconnected` in any of them. Dials at the pace that all torrents of the program
 * share. How many are probed at once is the caller's choice; of all whom trackers and the DHT name, `survey` probes as many as a machine bears.
 */
export const probe = (
  torrent: Torrent,
  peer: NetAddress.InetAddress,
  options: ProbeOptions = {},
): Effect.Effect<Seen, ProbeError, Dialer> =>
  Effect.gen(function* () {
    const { pace } = yield* ambient
    const self = yield* Self.make
    const meter = new Meter(yield* Effect.context<never>(), yield* stopwatch)
    yield* pace
    const probing = probeLink(peer, {
      torrent,
      self,
      pace,
      deadlines: Deadlines.of("race", options.deadlines),
      hurried: Effect.never,
      overdue: Effect.void,
      connected: Effect.void,
      parked: () => Effect.void,
    })
    return yield* Effect.map(probing, (link) => link.seen()).pipe(
      Effect.tap((seen) => Effect.sync(() => meter.see({ _tag: "Passed", peer, seen }))),
      Effect.tapError((error) => Effect.sync(() => meter.see({ _tag: "Rejected", peer, error }))),
    )
  }).pipe(Effect.scoped, Effect.mapError(unstacked))

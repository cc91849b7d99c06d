/** One candidate's turn: a probe in a scope of its own. */
import { Effect, Exit, Scope } from "effect"
import type { NetAddress } from "effect/net"
import type { Deadlines } from "../peer/Deadlines.ts"
import { inPassing } from "../inPassing.ts"
import type { Dialer } from "../peer/Dialer.ts"
import type { ProbeError } from "../peer/errors.ts"
import type { Introduction } from "../peer/Introduction.ts"
import type { Link } from "../peer/Link.ts"
import type { Need } from "./Need.ts"
import { probeLink } from "./probeLink.ts"
import type { ProbeEvent } from "./ProbeEvent.ts"
import type { Self } from "../peer/Self.ts"
import type { Torrent } from "../Torrent.ts"

export interface ProbingOptions {
  readonly torrent: Torrent
  readonly self: Self
  readonly deadlines: Deadlines
  /** What the peer must have (default: every piece). */
  readonly need?: Need | undefined
  /** What we say of ourselves (default: that we have nothing). */
  readonly introduction?: Introduction | undefined
  /** Told of each link whose peer has what we need, before it is said to be parked. */
  readonly reached?: ((link: Link) => void) | undefined
  /** Ends when one more dial may begin. */
  readonly pace: Effect.Effect<void>
  readonly report: (event: ProbeEvent) => Effect.Effect<void>
}

export interface Attempt {
  readonly peer: NetAddress.InetAddress
  readonly options: ProbingOptions
  /** Ends when other candidates wait for this dial's slot. */
  readonly hurried: Effect.Effect<void>
  /** Run when the dial has said nothing for longer than a living peer takes. */
  readonly overdue: Effect.Effect<void>
  /** Run as soon as the TCP connection stands. */
  readonly connected: Effect.Effect<void>
  /** Whether the link is kept: then its socket stays open below the caller's scope, or until `socket` is closed. Otherwise it is closed as soon as it has passed. */
  readonly keep: (link: Link, socket: Scope.Closeable) => boolean
  /** Ends when `keep` is to be asked again about one that it did not keep (default: it is closed at once). */
  readonly reserved?: Effect.Effect<void> | undefined
}

/**
 * Probes a peer. The socket is closed before a rejection is reported, and cannot be left without an owner: between the probe's end and the decision to keep the link there is no
 * interruption.
 */
export const attempt = Effect.fnUntraced(function* ({
  connected,
  hurried,
  keep,
  options,
  overdue,
  peer,
  reserved,
}: Attempt): Effect.fn.Return<Link, ProbeError, Dialer | Scope.Scope> {
  const parent = yield* Effect.scope
  const aside = inPassing(parent)
  const probing = Effect.gen(function* () {
    yield* options.report({ _tag: "Dialling", peer })
    return yield* probeLink(peer, {
      torrent: options.torrent,
      self: options.self,
      deadlines: options.deadlines,
      need: options.need,
      introduction: options.introduction,
      hurried,
      overdue,
      pace: options.pace,
      connected: Effect.andThen(connected, aside(options.report({ _tag: "Connected", peer }))),
      parked: (link) => {
        options.reached?.(link)
        return aside(options.report({ _tag: "Parked", peer, seen: link.seen() }))
      },
    })
  })
  return yield* Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const scope = yield* Scope.fork(parent)
      let exit = yield* Effect.exit(restore(Scope.provide(probing, scope)))
      while (Exit.isSuccess(exit)) {
        const link = exit.value
        if (keep(link, scope)) return link
        if (reserved === undefined) break
        exit = yield* Effect.exit(restore(Effect.as(reserved, link)))
      }
      yield* Scope.close(scope, exit)
      return yield* exit
    }),
  ).pipe(Effect.tapError((error) => options.report({ _tag: "Rejected", peer, error })))
})

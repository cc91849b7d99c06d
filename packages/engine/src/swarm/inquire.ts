/**
 * One peer, asked what the torrent is (BEP 9 over BEP 10), part by part.
 *
 * Invariants: nothing is allocated on its word but what the plan allows; whatever else it says, a part that it owes has its deadline; when it ends it owes nothing any more.
 */
import { Extensions, MetadataMessage, type PeerMessage } from "@unchoke/protocol"
import { Duration, Effect, Option } from "effect"
import { NetAddress } from "effect/net"
import type { Complete, DescriptionPlan } from "../description/DescriptionPlan.ts"
import type { Deadlines } from "../peer/Deadlines.ts"
import { DescriptionRefused } from "../peer/errors.ts"
import type { Link, Lost } from "../peer/Link.ts"

export interface Inquiry {
  readonly plan: DescriptionPlan
  readonly deadlines: Pick<Deadlines, "bitfield">
  /** A stopwatch, in milliseconds. */
  readonly now: () => number
  /** Something has come: tells how far it is. */
  readonly tell: Effect.Effect<void>
  /** All parts are there: whether it is what was looked for. If not, who alone can be blamed for that. */
  readonly examine: (complete: Complete) => Effect.Effect<string | undefined>
}

/** For each part that a peer was asked for; libtorrent and transmission answer at once or never. */
const partDeadline = Duration.seconds(10)

/** Asks the peer until the description is there, or it turns out to be of no use for that. */
export const inquire = Effect.fnUntraced(function* (
  link: Link,
  { deadlines, examine, now, plan, tell }: Inquiry,
): Effect.fn.Return<never, DescriptionRefused | Lost> {
  const { peer } = link
  const name = NetAddress.formatInet(peer)
  const refused = (reason: DescriptionRefused["reason"]) => new DescriptionRefused({ peer, seen: link.seen(), reason })
  if (!link.extensions.extended) return yield* refused("has none")
  yield* Effect.timeoutOrElse(
    link.until(({ extended }) => extended !== undefined),
    { duration: deadlines.bitfield, orElse: () => Effect.fail(refused("has none")) },
  )
  const { extensions, metadataSize } = link.state().extended!
  const id = extensions.get("ut_metadata")
  if (id === undefined || metadataSize === undefined) return yield* refused("has none")
  if (metadataSize > MetadataMessage.longest) return yield* refused("too long")
  plan.join(name, metadataSize)
  yield* tell
  const say = (message: MetadataMessage.MetadataMessage) =>
    Effect.uninterruptible(link.send({ _tag: "Extended", id, payload: MetadataMessage.toBytes(message) }))
  /** What has become of a message; whether it was a part that the peer was asked for. */
  const hear = Effect.fnUntraced(function* (message: PeerMessage.PeerMessage) {
    if (message._tag !== "Extended" || message.id !== Extensions.ids.ut_metadata) return false
    const said = MetadataMessage.fromBytes(message.payload)
    if (said === undefined) return yield* refused("garbage")
    if (said._tag === "Reject") return yield* refused("rejected")
    if (said._tag === "Request") return yield* Effect.as(say({ _tag: "Reject", piece: said.piece }), false)
    const taken = plan.take(name, said.piece, said.size, said.block)
    if (taken === "of the wrong length") return yield* refused("garbage")
    if (typeof taken === "object" && (yield* examine(taken)) === name) return yield* refused("false")
    return taken !== "not asked for"
  })
  /** When it last sent a part, or began to owe one: whatever else it says, it has only so long for the next. */
  let since = now()
  const exchange = Effect.gen(function* () {
    const owed = plan.owes(name)
    for (let piece = plan.next(name); piece !== undefined; piece = plan.next(name)) {
      yield* say({ _tag: "Request", piece })
    }
    if (owed === 0) since = now()
    const left = Duration.millis(Math.max(0, since + Duration.toMillis(partDeadline) - now()))
    const messages = yield* Effect.timeoutOption(link.pull, left)
    if (Option.isNone(messages)) {
      // Who is asked for nothing now, since others are, is waited for no longer than it takes them.
      return yield* plan.owes(name) > 0 ? Effect.fail(refused("timed out")) : Effect.void
    }
    for (const message of messages.value) {
      if (!(yield* hear(message))) continue
      since = now()
      link.talk.forgive(1)
      yield* tell
    }
  })
  return yield* Effect.forever(exchange).pipe(Effect.ensuring(Effect.sync(() => plan.leave(name))))
})

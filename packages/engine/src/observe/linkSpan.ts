/** A link's span: from when the peer has joined until it has left. */
import { type Effect as Effects, Effect, Exit } from "effect"
import type { LinkError } from "../peer/errors.ts"
import type { Member } from "../swarm/Member.ts"
import { ofPeer, ofRejection } from "./ofPeer.ts"
import type { Trace } from "./Trace.ts"

/** Who has called us comes from elsewhere: the span is below `trace` whatever the fiber. That somebody leaves is no failure. */
export const linkSpan =
  (trace: Trace | undefined, { drain, incoming, link, serve }: Member) =>
  <R>(lost: Effects.Effect<LinkError, never, R>): Effects.Effect<LinkError, never, R> => {
    if (trace === undefined) return lost
    return Effect.suspend(() => {
      const span = trace.start("unchoke.link", { ...ofPeer(link.peer, link.seen()), incoming })
      return Effect.onExit(lost, (exit) =>
        Effect.sync(() => {
          const end = Exit.isSuccess(exit) ? ofRejection(exit.value) : ofPeer(link.peer, link.seen())
          const amounts = { received: drain.requests.bytes, sent: serve.sent }
          trace.end(span, { ...end, ...amounts }, Exit.isSuccess(exit) ? undefined : exit)
        }),
      )
    })
  }

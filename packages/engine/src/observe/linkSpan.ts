/** A link's span: from when the peer has joined until it has left. */
import { type Effect as Effects, Effect, Exit } from "effect"
import { Dismissed, type LinkError } from "../peer/errors.ts"
import type { Member } from "../swarm/Member.ts"
import { ofPeer, ofRejection } from "./ofPeer.ts"
import type { Trace } from "./Trace.ts"

/** Who has called us comes from elsewhere: the span is below `trace` whatever the fiber. That somebody leaves is no failure, nor that we are done. */
export const linkSpan =
  (trace: Trace | undefined, { drain, incoming, link, serve }: Member, isDone: () => boolean) =>
  <R>(lost: Effects.Effect<LinkError, never, R>): Effects.Effect<LinkError, never, R> => {
    if (trace === undefined) return lost
    return Effect.suspend(() => {
      const span = trace.start("unchoke.link", { ...ofPeer(link.peer, link.seen()), incoming })
      return Effect.onExit(lost, (exit) =>
        Effect.sync(() => {
          const amounts = { received: drain.requests.bytes, sent: serve.sent }
          const why = Exit.isSuccess(exit)
            ? exit.value
            : isDone()
              ? new Dismissed({ peer: link.peer, seen: link.seen(), reason: "we are done" })
              : undefined
          if (why === undefined) trace.end(span, { ...ofPeer(link.peer, link.seen()), ...amounts }, exit)
          else trace.end(span, { ...ofRejection(why), ...amounts })
        }),
      )
    })
  }

/** What a span, a log or a metric says of a peer and of what became of it. */
import { Cause, type Effect, Exit, Option } from "effect"
import { NetAddress } from "effect/net"
import type { Rejection, Seen } from "../peer/errors.ts"
import { verdictInWords } from "../peer/verdictInWords.ts"
import { type Attributes, spannedUnlessFailed } from "./Trace.ts"

export const ofPeer = (peer: NetAddress.InetAddress, seen?: Seen): Attributes => ({
  peer: NetAddress.formatInet(peer),
  client: seen?.client,
  encrypted: seen?.encrypted,
  have: seen?.have,
})

/** What a conversation came to: `passed` where it has gone on, nothing where it was broken off by us. */
export const ofOutcome = (
  exit: Exit.Exit<{ readonly seen: () => Seen; readonly peer: NetAddress.InetAddress }, Rejection>,
): Attributes => {
  if (Exit.isSuccess(exit)) return { ...ofPeer(exit.value.peer, exit.value.seen()), verdict: "passed" }
  const error = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
  return error === undefined ? {} : ofRejection(error)
}

export const ofRejection = (error: Rejection): Attributes => ({
  ...ofPeer(error.peer, error.seen),
  phase: "phase" in error ? error.phase : undefined,
  verdict: verdictInWords(error),
})

/** One step of a conversation, in a span of its own, unless it came to nothing: of those the span around it tells the phase and the verdict. */
export const phase =
  (phase: "connect" | "handshake" | "pieces" | "unchoke", peer: NetAddress.InetAddress) =>
  <A, E, R>(step: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    step.pipe(spannedUnlessFailed(`unchoke.${phase}`, () => ({ ...ofPeer(peer), phase })))

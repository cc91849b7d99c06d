/**
 * Peers that served us and are now out of reach are most likely where they were: the network between us is down. It is worth waiting for, but not for ever.
 *
 * The pauses grow and are few, so a download ends; each piece that is stored begins them anew.
 */
import { Duration } from "effect"
import type { HandshakeFailed, Rejection } from "../peer/errors.ts"

/** Before each further dial. With the deadlines of the link and of the dials this outlasts half a minute: a lost signal, a router's hiccup. */
export const pauses: ReadonlyArray<Duration.Duration> = [1, 2, 4, 8, 16].map(Duration.seconds)

/** Nothing came back at all; a refusal would have. */
export const outOfReach = (error: Rejection): boolean =>
  (error._tag === "ConnectFailed" && (error.reason === "timed out" || error.reason === "unreachable")) ||
  (error._tag === "HandshakeFailed" && error.reason === "timed out" && !hungUpOnPlainWords(error))

const hungUpOnPlainWords = ({ plain }: HandshakeFailed): boolean => plain === "closed" || plain === "reset"

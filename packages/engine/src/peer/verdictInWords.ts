/** Verdicts for people, and how many candidates ended in which way. */
import type { Rejection } from "./errors.ts"
import { connectInWords, descriptionInWords, dismissedInWords, handshakeInWords, phaseInWords } from "./words.ts"

/** What happened to so many candidates, in words: "23 timed out connecting, 2 never unchoked us". The most frequent first. */
export const tally = (rejections: ReadonlyArray<Rejection>): string => {
  const counts = new Map<string, number>()
  for (const rejection of rejections) {
    const verdict = verdictInWords(rejection)
    counts.set(verdict, (counts.get(verdict) ?? 0) + 1)
  }
  return [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .map(([verdict, count]) => `${count} ${verdict}`)
    .join(", ")
}

/** What a rejected peer did, without naming it: "timed out connecting". */
export const verdictInWords = (rejection: Rejection): string => {
  switch (rejection._tag) {
    case "ConnectFailed":
      return connectInWords[rejection.reason]
    case "HandshakeFailed":
      return handshakeInWords(rejection)
    case "IncompletePeer":
      return rejection.have === 0 ? "had nothing to give" : "had only part of the file"
    case "ChokeTimeout":
      return rejection.seen.unchoke === undefined ? "never unchoked us" : "choked us again"
    case "ProtocolViolation":
      return "broke the protocol"
    case "Disconnected":
      return `${rejection.reason === "reset" ? "reset the connection" : "hung up"} ${phaseInWords[rejection.phase]}`
    case "Stalled":
      return "stalled"
    case "TooSlow":
      return "was too slow"
    case "Dismissed":
      return dismissedInWords[rejection.reason]
    case "DescriptionRefused":
      return descriptionInWords[rejection.reason]
    case "CorruptPiece":
      return "sent corrupt data"
  }
}

/** Verdicts for people: the words for each field of the error catalogue, and how many candidates ended in which way. */
import { Duration } from "effect"
import { NetAddress } from "effect/net"
import type { ConnectFailed, HandshakeFailed, Phase, Rejection } from "./errors.ts"

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
      return handshakeInWords[rejection.reason]
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
    case "CorruptPiece":
      return "sent corrupt data"
  }
}

/** How no connection came about. */
export const connectInWords: Readonly<Record<ConnectFailed["reason"], string>> = {
  refused: "refused the connection",
  "timed out": "timed out connecting",
  unreachable: "unreachable",
  reset: "reset the connection",
  "no sockets left": "not dialled for lack of sockets",
  other: "failed to connect",
}

/** How no handshake came about. */
export const handshakeInWords: Readonly<Record<HandshakeFailed["reason"], string>> = {
  closed: "closed during the handshake",
  reset: "reset during the handshake",
  "timed out": "never answered the handshake",
  "not BitTorrent": "did not speak BitTorrent",
  "wrong info hash": "served another torrent",
  ourselves: "was ourselves",
}

/** When in the conversation. */
export const phaseInWords: Readonly<Record<Phase, string>> = {
  bitfield: "after the handshake",
  unchoke: "before unchoking us",
  download: "during the download",
}

/** A peer's address, as people write it. */
export const name = (peer: NetAddress.InetAddress): string => NetAddress.formatInet(peer)

/** "4 s", "3.5 s": what people count a wait in. */
export const inSeconds = (waited: Duration.Duration): string => `${Math.round(Duration.toSeconds(waited) * 10) / 10} s`

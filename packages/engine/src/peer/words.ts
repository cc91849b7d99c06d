/** The words for each field of an error. */
import { Duration } from "effect"
import { NetAddress } from "effect/net"
import type { HandshakeFailed } from "./errors.ts"

/** How no connection came about. */
export const connectInWords = {
  refused: "refused the connection",
  "timed out": "timed out connecting",
  unreachable: "unreachable",
  reset: "reset the connection",
  "no sockets left": "not dialled for lack of sockets",
  other: "failed to connect",
} as const

const plainHandshake = {
  closed: "closed during the handshake",
  reset: "reset during the handshake",
  "timed out": "never answered the handshake",
  "not BitTorrent": "did not speak BitTorrent",
  "wrong info hash": "served another torrent",
  ourselves: "was ourselves",
} as const

/** How no handshake came about: of those who were spoken to in both ways, in both. */
export const handshakeInWords = ({ plain, reason }: Pick<HandshakeFailed, "reason" | "plain">): string => {
  if (plain === undefined || reason === "wrong info hash" || reason === "ourselves") return plainHandshake[reason]
  const [before, then] = [toHandshakes[plain], toHandshakes[reason]]
  if (before === undefined) return `${then} an encrypted handshake`
  if (before !== then) return `${before} a plain handshake and ${then} an encrypted one`
  return plain === "timed out" ? plainHandshake[plain] : `${then} plain and encrypted handshakes`
}

/** What a peer did to a handshake, of either kind. */
const toHandshakes = {
  closed: "hung up on",
  reset: "hung up on",
  "timed out": "never answered",
  "not BitTorrent": "did not understand",
  "not tried": undefined,
} as const

/** Why we hung up. */
export const dismissedInWords = {
  "room for others": "made room for others",
  "nothing to exchange": "neither of us had anything for the other",
  "connected twice": "connected to us twice",
  "we are done": "was left when all was there",
  "promised too much": "was told of what is no longer here",
  "another was chosen": "was left for another that unchoked us first",
} as const

/** Why it did not tell us what the torrent is. */
export const descriptionInWords = {
  "has none": "does not know itself what the torrent is",
  "too long": "says that the description is longer than any",
  rejected: "would not say what the torrent is",
  "timed out": "did not say in time what the torrent is",
  garbage: "answered something else when asked what the torrent is",
  false: "told us what the torrent is, and it was not true",
} as const

/** When in the conversation. */
export const phaseInWords = {
  description: "before saying what the torrent is",
  bitfield: "after the handshake",
  unchoke: "before unchoking us",
  download: "during the download",
} as const

/** A peer's address, as people write it. */
export const name = (peer: NetAddress.InetAddress): string => NetAddress.formatInet(peer)

/** "4 s", "3.5 s": what people count a wait in. */
export const inSeconds = (waited: Duration.Duration): string => `${Math.round(Duration.toSeconds(waited) * 10) / 10} s`

/** What we say of ourselves on a link: first of all, and again when there is more to be said. */
import { type Bitfield, ExtendedHandshake, type Handshake, type PeerMessage } from "@unchoke/protocol"
import * as Self from "./Self.ts"

/** What we say of ourselves. */
export interface Introduction {
  /** What we have, where that is anybody's business. */
  readonly pieces?: Bitfield.Bitfield | undefined
  /** What the extended handshake says (BEP 10). */
  readonly about: Self.About
}

/** Our extended handshake, for who understands it. */
export const greeting = (
  { extended }: Pick<Handshake.Handshake, "extended">,
  about: Self.About,
): Array<PeerMessage.PeerMessage> =>
  extended ? [{ _tag: "Extended", id: 0, payload: ExtendedHandshake.toBytes(Self.greeting(about)) }] : []

/** BEP 6 wants one word about our pieces right after the handshake, BEP 10 a handshake of its own. */
export const introduced = (handshake: Handshake.Handshake, { about, pieces }: Introduction) => {
  const { fast } = handshake
  const words = greeting(handshake, about)
  if (pieces !== undefined && pieces.count > 0) {
    words.push(fast && pieces.complete ? { _tag: "HaveAll" } : { _tag: "Bitfield", bits: pieces.toBytes() })
  } else if (fast) words.push({ _tag: "HaveNone" })
  return words
}

/** What a second introduction may say: our extended handshake again (BEP 10), and each piece by itself. */
export const announced = (handshake: Handshake.Handshake, { about, pieces }: Introduction) => {
  const words = greeting(handshake, about)
  for (let piece = 0; piece < (pieces?.size ?? 0); piece++) if (pieces!.has(piece)) words.push({ _tag: "Have", piece })
  return words
}

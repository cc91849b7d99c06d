/**
 * The info hash of a torrent that may be looked for where everybody sees it: in the DHT, among peers, in the local network.
 *
 * Invariant: there is none of a private torrent (BEP 27), so what takes one cannot be used for it.
 */
import { Brand } from "effect"

/** 20 bytes. */
export type PublicInfoHash = Uint8Array & Brand.Brand<"PublicInfoHash">

const brand = Brand.nominal<PublicInfoHash>()

/** Of a private torrent there is none. A torrent of which only a link is known (BEP 9) is public until its description says otherwise. */
export const publicInfoHash = (torrent: {
  readonly infoHash: Uint8Array
  readonly private: boolean | undefined
}): PublicInfoHash | undefined => (torrent.private === true ? undefined : brand(torrent.infoHash))

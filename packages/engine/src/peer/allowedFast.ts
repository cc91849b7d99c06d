/** Which pieces a peer at this address may have though it is choked (BEP 6). */
import { AllowedFast } from "@unchoke/protocol"
import { Effect } from "effect"
import { Digest } from "effect/crypto"
import type { NetAddress } from "effect/net"

/** Each of the five numbers in a hash is as likely to be new as not, with ten of eleven pieces chosen; so many hashes in a row that bring nothing do not exist. */
const mostHashes = 1000

/** At most `most` pieces of the torrent's, in the order of BEP 6; every piece of a torrent that has no more; none for a peer with an IPv6 address. */
export const allowedFast = Effect.fnUntraced(function* (
  address: NetAddress.IpAddress,
  infoHash: Uint8Array,
  pieces: number,
  most: number = AllowedFast.size,
): Effect.fn.Return<ReadonlySet<number>, never, Digest.Digest> {
  const { digest } = yield* Digest.Digest
  const chosen = new Set<number>()
  let link = AllowedFast.seed(address, infoHash)
  if (link === undefined) return chosen
  if (pieces <= most) return new Set(Array.from({ length: pieces }, (_, piece) => piece))
  for (let hashes = 0; chosen.size < most && hashes < mostHashes; hashes++) {
    link = yield* digest(Digest.sha1, link)
    AllowedFast.add(chosen, link, pieces, most)
  }
  return chosen
})

/** Who has next to nothing may have a few pieces though we choke it, so that it has something that others want (BEP 6). Of those that others have besides the seeds: ten to each of a hundred who begin together would be two copies of the torrent, all of the seed's upload for minutes. */
import { AllowedFast } from "@unchoke/protocol"
import { Effect, Option } from "effect"
import { Digest } from "effect/crypto"
import { allowedFast } from "../peer/allowedFast.ts"
import type { Availability } from "../pieces/Availability.ts"
import type { Torrent } from "../Torrent.ts"
import type { Member } from "./Member.ts"
import type { Offer } from "./Offer.ts"

/** To be run when a member may have become interested; each gets its pieces once, and nobody any where nothing can be hashed. */
export const giveToNewcomers = Effect.fnUntraced(function* (
  torrent: Torrent,
  offer: Offer,
  availability: Availability,
) {
  const digest = yield* Effect.serviceOption(Digest.Digest)
  const given = new WeakSet<Member>()
  return (member: Member): Effect.Effect<void> => {
    const { link, peer, pieces, terms } = member
    if (Option.isNone(digest) || !link.extensions.fast || !terms.wants || given.has(member)) return Effect.void
    given.add(member)
    if (pieces.count >= AllowedFast.size) return Effect.void
    return allowedFast(peer.address, torrent.infoHash, pieces.size).pipe(
      Effect.map((allowed) => {
        member.serve.allow([...allowed].filter((piece) => offer.has(piece) && availability.countInParts(piece) > 0))
        member.nudge()
      }),
      Effect.provideService(Digest.Digest, digest.value),
    )
  }
})

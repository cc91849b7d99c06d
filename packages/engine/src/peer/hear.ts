import type { PeerMessage } from "@unchoke/protocol"
import type { Breach } from "./Breach.ts"
import type { Drain } from "./Drain.ts"
import type { Link } from "./Link.ts"
import type { Serve } from "./Serve.ts"

/** A link and its two halves. */
interface Halves {
  readonly link: Link
  readonly drain: Drain
  readonly serve: Serve
}

/** Tells the half of a link that it concerns what the peer has said. Returns the rule that it breaks, if it does. */
export const hear = ({ drain, link, serve }: Halves, message: PeerMessage.PeerMessage): Breach | undefined => {
  switch (message._tag) {
    case "Piece":
      return drain.take(message)
    case "Choke":
      return void drain.choked()
    case "Unchoke":
      return void drain.unchoked()
    case "RejectRequest":
      return void drain.refused(message)
    case "AllowedFast":
      return void drain.allowed(message.piece)
    case "Request":
      link.talk.excuse(1)
      return serve.asked(message)
    case "Cancel":
      link.talk.excuse(1)
      return serve.cancelled(message)
    case "Extended":
      return void serve.extended(message)
    default:
      return undefined
  }
}

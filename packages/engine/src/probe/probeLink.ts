/** Find out whether a peer will really give us what we need. */
import { Effect, type Scope } from "effect"
import { hexOf } from "../hexOf.ts"
import type { NetAddress } from "effect/net"
import type { Dialer } from "../peer/Dialer.ts"
import { ChokeTimeout, IncompletePeer, type ProbeError } from "../peer/errors.ts"
import type { Conversation } from "../peer/connect.ts"
import type { Introduction } from "../peer/Introduction.ts"
import type { Link } from "../peer/Link.ts"
import { openLink } from "../peer/openLink.ts"
import { ofOutcome, ofPeer, phase } from "../observe/ofPeer.ts"
import { spanned } from "../observe/Trace.ts"
import * as Need from "./Need.ts"

export interface Examination extends Pick<Conversation, "deadlines"> {
  /** What the peer must have (default: every piece). */
  readonly need?: Need.Need | undefined
  /** What we say of ourselves (default: that we have nothing). */
  readonly introduction?: Introduction | undefined
  /** Run when the peer has what we need and only its `unchoke` is missing. */
  readonly parked: (link: Link) => Effect.Effect<void>
}

export interface ProbeLinkOptions extends Conversation, Examination {}

/**
 * Connects, exchanges handshakes, makes sure that the peer has what we need, says `interested`, and waits to be unchoked.
 *
 * The open socket belongs to the caller's scope. Every phase has its own deadline and its own typed error.
 */
export const probeLink = Effect.fnUntraced(
  function* (
    peer: NetAddress.InetAddress,
    options: ProbeLinkOptions,
  ): Effect.fn.Return<Link, ProbeError, Dialer | Scope.Scope> {
    const link = yield* openLink(peer, options)
    yield* examine(link, options)
    return link
  },
  (probing, peer, { torrent }) =>
    // It may be all that is asked for: no span above it says for which torrent.
    probing.pipe(spanned("unchoke.probe", () => ({ ...ofPeer(peer), infoHash: hexOf(torrent.infoHash) }), ofOutcome)),
)

/** The same of a peer to whom there is a link. */
export const examine = Effect.fnUntraced(function* (link: Link, options: Examination) {
  yield* hasWhatWeNeed(link, options).pipe(phase("pieces", link.peer))
  yield* unchokesUs(link, options).pipe(phase("unchoke", link.peer))
})

const hasWhatWeNeed = Effect.fnUntraced(function* (
  link: Link,
  { deadlines, introduction = { about: {} }, need = Need.everything(() => true) }: Examination,
) {
  const incomplete = Effect.suspend(() => {
    const { pieces } = link.state()
    return Effect.fail(
      new IncompletePeer({ peer: link.peer, seen: link.seen(), have: pieces.count, want: pieces.size }),
    )
  })
  const listen = Effect.gen(function* () {
    // A peer that hangs up may have said something first: reading tells, not writing.
    yield* Effect.ignore(link.introduce(introduction))
    yield* link.until((state) => state.announced)
    while (!need.isMetBy(link.state().pieces)) {
      const had = link.state().pieces.count
      yield* link
        .until((state) => state.pieces.count > had)
        .pipe(Effect.timeoutOrElse({ duration: deadlines.lazyHave, orElse: () => incomplete }))
    }
  })
  yield* listen.pipe(Effect.timeoutOrElse({ duration: deadlines.bitfield, orElse: () => incomplete }))
})

const unchokesUs = Effect.fnUntraced(function* (link: Link, { deadlines, parked }: Examination) {
  const wait = Effect.gen(function* () {
    link.enter("unchoke")
    // Here too: it may have unchoked us before it hung up.
    yield* Effect.ignore(link.send({ _tag: "Interested" }))
    yield* parked(link)
    yield* link.until((state) => !state.choking)
    link.enter("download")
  })
  yield* wait.pipe(
    Effect.timeoutOrElse({
      duration: deadlines.unchoke,
      orElse: () => Effect.fail(new ChokeTimeout({ peer: link.peer, seen: link.seen(), waited: deadlines.unchoke })),
    }),
  )
})

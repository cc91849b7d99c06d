/**
 * What a peer has told us so far: the fold of its messages.
 *
 * Everything a real peer sends in the course of a probe is accepted, in any order (BEP 3, 6, 10); only what contradicts the torrent is a violation.
 */
import { Result } from "effect"
import { Bitfield } from "./Bitfield.ts"
import * as ExtendedHandshake from "./ExtendedHandshake.ts"
import type { PeerMessage } from "./PeerMessage.ts"

/** What is known of a peer: what it has, and how we stand with each other. */
export interface PeerState {
  /** What it has. Owned by this state and grown in place: a `have` must not cost a copy of the set. */
  readonly pieces: Bitfield
  /** Whether it has said anything at all about what it has; a peer with nothing may never. */
  readonly announced: boolean
  /** Whether it refuses to answer our requests; how every conversation begins. */
  readonly choking: boolean
  /** Whether it wants something from us. */
  readonly interested: boolean
  /** Its extended handshake, where it has sent one. */
  readonly extended: ExtendedHandshake.ExtendedHandshake | undefined
}

/** How a message contradicts the torrent. */
export type Violation =
  | { readonly _tag: "BitfieldLength"; readonly length: number; readonly expected: number }
  | { readonly _tag: "BitfieldSpareBit" }
  | { readonly _tag: "NoSuchPiece"; readonly piece: number; readonly pieces: number }

/** The state of a peer that has said nothing yet, in a torrent of so many pieces. */
export const initial = (pieces: number): PeerState => ({
  pieces: Bitfield.empty(pieces),
  announced: false,
  choking: true,
  interested: false,
  extended: undefined,
})

/** Whether it has every piece. */
export const isComplete = (state: PeerState): boolean => state.pieces.complete

/** The state after one more message; the old state must not be used again. */
export const step = (state: PeerState, message: PeerMessage): Result.Result<PeerState, Violation> => {
  switch (message._tag) {
    case "Choke":
      return Result.succeed({ ...state, choking: true })
    case "Unchoke":
      return Result.succeed({ ...state, choking: false })
    case "Interested":
      return Result.succeed({ ...state, interested: true })
    case "NotInterested":
      return Result.succeed({ ...state, interested: false })
    case "HaveAll":
      return Result.succeed({
        ...state,
        announced: true,
        pieces: state.pieces.complete ? state.pieces : Bitfield.full(state.pieces.size),
      })
    case "HaveNone":
      return Result.succeed({ ...state, announced: true, pieces: Bitfield.empty(state.pieces.size) })
    case "Bitfield":
      return Result.mapBoth(Bitfield.fromBytes(message.bits, state.pieces.size), {
        onSuccess: (pieces) => ({ ...state, announced: true, pieces }),
        onFailure: (fault) =>
          fault._tag === "WrongLength" ? { ...fault, _tag: "BitfieldLength" } : { _tag: "BitfieldSpareBit" },
      })
    case "Have":
      if (message.piece >= state.pieces.size) {
        return Result.fail({ _tag: "NoSuchPiece", piece: message.piece, pieces: state.pieces.size })
      }
      state.pieces.add(message.piece)
      return Result.succeed(state.announced ? state : { ...state, announced: true })
    case "Extended":
      if (message.id !== 0) return Result.succeed(state)
      return Result.succeed({ ...state, extended: ExtendedHandshake.fromBytes(message.payload) ?? state.extended })
    default:
      return Result.succeed(state)
  }
}

/** What a member lives among: its swarm's pieces, disk and others. */
import type { Bitfield } from "@unchoke/protocol"
import type { Effect } from "effect"
import type { DrainOptions } from "../peer/Drain.ts"
import type { Gate, Serving } from "../peer/Serve.ts"
import type { Filling } from "../pieces/Filling.ts"
import type { Need } from "../probe/Need.ts"
import type { Neighbour } from "../sources/exchange/Exchange.ts"
import type { Gossip } from "../sources/exchange/Gossip.ts"
import type { Member } from "./Member.ts"

export interface Surroundings extends Omit<DrainOptions, "othersWait"> {
  readonly serving: Serving
  /** What is given up when it says that it has less: undefined where that is its own affair. */
  readonly need: Need | undefined
  /** Where what was read waits until it may be looked at; without one there is no limit. */
  readonly inlet: Pick<Gate, "take"> | undefined
  /** Whether the disk is prepared: before that nothing is asked of anybody. */
  readonly isReady: () => boolean
  readonly othersWait: (member: Member) => boolean
  /** A piece is filled: verify and store it. Must not wait for the disk. */
  readonly filled: (filling: Filling) => Effect.Effect<void>
  /** Where peers tell each other of others, if they may. */
  readonly gossip: Gossip | undefined
  readonly neighbours: () => Iterable<Neighbour>
  /** It was heard, or spoken to, or is to be told something. */
  readonly stirred: (member: Member) => void
  /** Its standing, or what it wants, has changed. */
  readonly turned: (member: Member) => Effect.Effect<void>
}

export interface MemberOptions {
  readonly incoming: boolean
  /** Whether it knows that we are interested. */
  readonly interested: boolean
  /** What it was told that we have, where it was: until it has joined we may have got more. */
  readonly told?: Bitfield.Bitfield | undefined
}

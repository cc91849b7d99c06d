/**
 * Tells members of the pieces that have been stored: many at once, and sooner where somebody may ask for them now.
 *
 * Whom nothing is said here hears of them when it is looked at next (`Tidings`).
 */
import { Duration, Effect, Latch } from "effect"
import type { Availability } from "../pieces/Availability.ts"
import type { Members } from "./Members.ts"

/**
 * So long others' pieces are waited for, to be told of together: to whom we serve, since who is served may ask for them now; and to everybody, where hardly anybody has the piece, or others would ask the seed for it as well.
 * All else is told within a second: in a swarm of a hundred most of what is said would be that.
 */
const waits = Duration.millis(50)

/** A piece is rare where so few have it besides us and the seeds. */
const few = 1

export class PieceNews {
  readonly #members: Members
  readonly #availability: Availability
  /** Open while members have not been told of a piece. */
  readonly #any = Latch.makeUnsafe(false)
  #anyRare = false

  constructor(members: Members, availability: Availability) {
    this.#members = members
    this.#availability = availability
  }

  stored(piece: number): void {
    if (this.#availability.countInParts(piece) <= few) this.#anyRare = true
    this.#any.openUnsafe()
  }

  /** Tells of what there is; waits until there is something. */
  readonly tell: Effect.Effect<void> = Effect.gen({ self: this }, function* () {
    yield* this.#any.await
    yield* Effect.sleep(waits)
    this.#any.closeUnsafe()
    for (const member of this.#members) if (this.#anyRare || member.terms.serving) member.tellHaves()
    this.#anyRare = false
  })
}

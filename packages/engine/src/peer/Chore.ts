/**
 * What is done whenever there is something to do, by a fiber that is there for so long and no longer: a thousand links that wait have none.
 *
 * Invariants: it is done by one fiber at a time, and not before it has begun; what is due while it is being done is done once more; whoever has failed, or was ended, does nothing again.
 */
import { type Cause, type Context, Effect, Exit, Fiber } from "effect"

export class Chore<E> {
  readonly #once: () => Effect.Effect<void, E>
  #isDue = false
  #isBeingDone = false
  #fiber: Fiber.Fiber<void, E> | undefined
  #context: Context.Context<never> | undefined
  #failed: ((why: Cause.Cause<E>) => void) | undefined

  constructor(once: () => Effect.Effect<void, E>) {
    this.#once = once
  }

  /** From now on what is due is done, in this context; `failed` is told why it has failed. */
  begin(context: Context.Context<never>, failed: (why: Cause.Cause<E>) => void): void {
    this.#context = context
    this.#failed = failed
    this.#start()
  }

  /** There is something to do. Waits for nothing. */
  due(): void {
    this.#isDue = true
    this.#start()
  }

  /** Ends it, and waits for its end. */
  get end(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.#context = undefined
      this.#failed = undefined
      return this.#fiber === undefined ? Effect.void : Fiber.interrupt(this.#fiber)
    })
  }

  #start(): void {
    if (!this.#isDue || this.#isBeingDone || this.#context === undefined) return
    this.#isBeingDone = true
    const fiber = Effect.runForkWith(this.#context)(this.#whileDue())
    // It may have been done at once.
    if (!this.#isBeingDone) return
    this.#fiber = fiber
    fiber.addObserver((exit) => {
      this.#fiber = undefined
      if (Exit.isFailure(exit)) this.#failed?.(exit.cause)
    })
  }

  #whileDue(): Effect.Effect<void, E> {
    return Effect.suspend(() => {
      if (!this.#isDue) {
        this.#isBeingDone = false
        return Effect.void
      }
      this.#isDue = false
      return Effect.flatMap(this.#once(), () => this.#whileDue())
    })
  }
}

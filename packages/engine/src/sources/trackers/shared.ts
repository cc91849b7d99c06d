/** One question at a time: whoever asks what is being asked already, or was asked a moment ago, shares the answer. */
import { Clock, Deferred, Duration, Effect, type Scope } from "effect"

/**
 * `ask`, which whoever asks again, before it has ended or sooner than `fresh` after that, shares. Each question goes on until it has ended, though nobody waits for it any more, or until
 * the scope ends.
 */
export const shared = Effect.fnUntraced(function* <A, E, R>(
  fresh: Duration.Duration,
  ask: (whom: string) => Effect.Effect<A, E, R>,
): Effect.fn.Return<(whom: string) => Effect.Effect<A, E, R>, never, Scope.Scope> {
  const scope = yield* Effect.scope
  const clock = yield* Clock.Clock
  const questions = new Map<string, Question<A, E>>()
  return (whom) =>
    Effect.suspend(() => {
      const known = questions.get(whom)
      if (known !== undefined && (known.until === undefined || clock.monotonicTimeNanosUnsafe() < known.until))
        return Deferred.await(known.outcome)
      const question: Question<A, E> = { outcome: Deferred.makeUnsafe(), until: undefined }
      questions.set(whom, question)
      return ask(whom).pipe(
        Effect.onExit((exit) =>
          Effect.suspend(() => {
            question.until = clock.monotonicTimeNanosUnsafe() + Duration.toNanosUnsafe(fresh)
            return Deferred.done(question.outcome, exit)
          }),
        ),
        Effect.forkIn(scope),
        Effect.andThen(Deferred.await(question.outcome)),
      )
    })
})

interface Question<A, E> {
  readonly outcome: Deferred.Deferred<A, E>
  /** When it may be asked anew, in nanoseconds of the monotonic clock; not before it has ended. */
  until: bigint | undefined
}

/** Asks one after the other until one answers, without waiting long for those that say nothing. */
import { type Duration, Effect, Exit, Option, Queue } from "effect"

/**
 * The first success, with who gave it. The next one is asked as soon as the last one asked has failed, or has said nothing for `patience`; a silent one may
 * still win. Those that are still being asked when one has won are interrupted. `undefined` when all have failed; `failed` is told of each failure.
 */
export const askInTurn = Effect.fnUntraced(function* <A, B, E, R>(
  candidates: ReadonlyArray<A>,
  options: {
    readonly ask: (candidate: A) => Effect.Effect<B, E, R>
    readonly patience: Duration.Duration
    readonly failed: (candidate: A, error: E) => Effect.Effect<void>
  },
) {
  const ended = yield* Queue.unbounded<{ readonly candidate: A; readonly exit: Exit.Exit<B, E> }>()
  let asked = 0
  let silent = 0
  for (;;) {
    const candidate = candidates[asked]
    if (candidate !== undefined) {
      asked++
      silent++
      yield* options.ask(candidate).pipe(
        Effect.exit,
        Effect.flatMap((exit) => Queue.offer(ended, { candidate, exit })),
        Effect.forkScoped,
      )
    }
    if (silent === 0) return undefined
    const next = yield* asked < candidates.length
      ? Effect.timeoutOption(Queue.take(ended), options.patience)
      : Effect.asSome(Queue.take(ended))
    if (Option.isNone(next)) continue
    silent--
    const { candidate: answering, exit } = next.value
    if (Exit.isSuccess(exit)) return { candidate: answering, answer: exit.value }
    const error = Exit.findErrorOption(exit)
    if (Option.isSome(error)) yield* options.failed(answering, error.value)
    else yield* Effect.orDie(exit)
  }
}, Effect.scoped)

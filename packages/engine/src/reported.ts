/** A run that reports what happens, as the stream of that: draining it runs, interrupting it stops. */
import { Effect, Queue, type Scope, Stream } from "effect"

/** So many events wait for a slow consumer, beside as many that its stream may have taken at once; then the run waits for it too. */
const eventsAhead = 1024

export const reported = <Event, E, R>(
  run: (report: (event: Event) => Effect.Effect<void>) => Effect.Effect<void, E, R>,
): Stream.Stream<Event, E, Exclude<R, Scope.Scope>> =>
  Stream.callback<Event, E, R>(
    (queue) =>
      Effect.andThen(
        run((event) => Effect.asVoid(Queue.offer(queue, event))),
        Queue.end(queue),
      ),
    { bufferSize: eventsAhead, strategy: "suspend" },
  )

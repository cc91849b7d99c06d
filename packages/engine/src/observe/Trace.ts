/**
 * Spans of what the engine does, where somebody traces it.
 *
 * Invariants: without a tracer nothing is made, not even attributes; a span ends however that ends which it is about; what a peer or a tracker has said is told without control characters, and bounded.
 */
import { Cause, Clock, Context, Effect, Exit, type Fiber, Option, Tracer } from "effect"

export type Attributes = Readonly<Record<string, unknown>>

/** Whether somebody traces: effect's own tracer, which is there without being asked for, keeps spans for nobody. */
const isTraced = ({ cache }: Fiber.Fiber<unknown, unknown>): boolean =>
  cache.tracer !== undefined && cache.tracerEnabled

/** Runs an effect in a span. `attributes`, and what `outcome` adds to them at the end, are put together only where somebody traces. */
export const spanned =
  <Told = unknown, Failed = unknown>(
    name: string,
    attributes: () => Attributes,
    outcome?: (exit: Exit.Exit<Told, Failed>) => Attributes,
  ) =>
  <A extends Told, E extends Failed, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.withFiber((fiber) =>
      isTraced(fiber)
        ? Effect.useSpan(name, (span) => {
            annotate(span, attributes())
            const clock = fiber.getRef(Clock.Clock)
            return Effect.onExit(Effect.provideService(self, Tracer.ParentSpan, span), (exit) => {
              if (outcome !== undefined) annotate(span, outcome(exit))
              span.end(clock.currentTimeNanosUnsafe(), brief(exit))
              return Effect.void
            })
          })
        : self,
    )

/**
 * Runs an effect, and makes a span of it when that has ended, unless it has failed: of two hundred peers most are no use, and what became of those is told by the span around it. Nothing that is run sees the span.
 */
export const spannedUnlessFailed =
  (name: string, attributes: () => Attributes) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.withFiber((fiber) => {
      if (!isTraced(fiber)) return self
      const trace = traceOf(fiber)
      const startTime = trace.now()
      return Effect.onExit(self, (exit) => {
        if (Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)) {
          trace.end(trace.start(name, attributes(), startTime), {}, brief(exit))
        }
        return Effect.void
      })
    })

/**
 * How something ended, in a few words. Of two hundred peers most are no use, and that each was not is told by a word: an error's stack, and those of its causes, are a hundred times as long, and take V8 longer than
 * all the rest of a span.
 */
const brief = (exit: Exit.Exit<unknown, unknown>): Exit.Exit<unknown, unknown> => {
  if (Exit.isSuccess(exit)) return Exit.void
  const failure = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
  return failure instanceof Error ? Exit.fail({ name: failure.name, message: printable(failure.message) }) : exit
}

/** The place in a trace below which spans are made, also by those who run elsewhere. */
export class Trace {
  readonly #tracer: Tracer.Tracer
  readonly #parent: Tracer.AnySpan | undefined
  readonly #clock: Clock.Clock

  constructor(tracer: Tracer.Tracer, parent: Tracer.AnySpan | undefined, clock: Clock.Clock) {
    this.#tracer = tracer
    this.#parent = parent
    this.#clock = clock
  }

  start(name: string, attributes: Attributes, startTime: bigint = this.now()): Tracer.Span {
    const span = this.#tracer.span({
      name,
      parent: Option.fromUndefinedOr(this.#parent),
      annotations: Context.empty(),
      links: [],
      startTime,
      kind: "internal",
      root: false,
      sampled: this.#parent?.sampled ?? true,
    })
    annotate(span, attributes)
    return span
  }

  /** Something happens in the course of it. */
  event(span: Tracer.Span, name: string): void {
    span.event(name, this.now())
  }

  end(span: Tracer.Span, attributes: Attributes, exit: Exit.Exit<unknown, unknown> = Exit.void): void {
    annotate(span, attributes)
    span.end(this.now(), exit)
  }

  /** Something that takes no time: it was heard. */
  moment(name: string, attributes: Attributes): void {
    this.end(this.start(name, attributes), {})
  }

  now(): bigint {
    return this.#clock.currentTimeNanosUnsafe()
  }
}

/** Where the fiber is; nothing where nobody traces. */
export const here: Effect.Effect<Trace | undefined> = Effect.withFiber((fiber) =>
  isTraced(fiber) ? Effect.succeed(traceOf(fiber)) : Effect.undefined,
)

const traceOf = (fiber: Fiber.Fiber<unknown, unknown>): Trace =>
  new Trace(fiber.cache.tracer!, fiber.cache.span, fiber.getRef(Clock.Clock))

/** The longest text of an attribute or a message. */
const longest = 1000

/** What came from outside, for a log or a span: a control character could rewrite a screen. */
export const printable = (text: string): string =>
  harmless.test(text) && text.length <= longest
    ? text
    : text.slice(0, longest).replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, "\u{FFFD}")

/** Nearly everything is. */
const harmless = /^[ -~]*$/

/** Of what is not known nothing is said. */
const annotate = (span: Tracer.Span, attributes: Attributes): void => {
  for (const key in attributes) {
    const value = attributes[key]
    if (value !== undefined) span.attribute(key, typeof value === "string" ? printable(value) : value)
  }
}

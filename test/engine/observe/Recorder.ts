/** Keeps every span that is made. */
import { assert } from "@effect/vitest"
import { Option, Tracer } from "effect"

export class Recorder {
  readonly spans: Array<Tracer.NativeSpan> = []
  readonly tracer: Tracer.Tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      this.spans.push(span)
      return span
    },
  })

  named(name: string): ReadonlyArray<Tracer.NativeSpan> {
    return this.spans.filter((span) => span.name === name)
  }

  /** The span of this name that a span is below, at whatever distance. */
  above(span: Tracer.AnySpan, name: string): Tracer.AnySpan | undefined {
    let at: Tracer.AnySpan | undefined = span
    while (at?._tag === "Span" && at.name !== name) at = Option.getOrUndefined(at.parent)
    return at
  }

  /** What holds of all spans, whatever was done. */
  assertSound(): void {
    for (const { name, parent, status } of this.spans) {
      assert.strictEqual(status._tag, "Ended", `${name} has no end`)
      if (status._tag !== "Ended") continue
      assert.isTrue(status.endTime >= status.startTime, `${name} ends before it begins`)
      const above = Option.getOrUndefined(parent)
      if (above?._tag === "Span")
        assert.isTrue(above.status.startTime <= status.startTime, `${name} is older than its parent`)
    }
  }
}

export const parentOf = ({ parent }: Tracer.Span): Tracer.AnySpan | undefined => Option.getOrUndefined(parent)

export const nameOf = (span: Tracer.AnySpan | undefined): string | undefined =>
  span?._tag === "Span" ? span.name : undefined

/** Whether it was broken off. */
export const wasInterrupted = ({ status }: Tracer.Span): boolean =>
  status._tag === "Ended" &&
  status.exit._tag === "Failure" &&
  status.exit.cause.reasons.every(({ _tag }) => _tag === "Interrupt")

/** What a service runs is observed as its caller is, and not as whoever made the service was, perhaps long before. */
import { Context, Metric, References, Tracer } from "effect"

/** Where somebody is: in which span, about what the log is, what else a metric says. */
const places = [
  Tracer.ParentSpan,
  References.CurrentLogAnnotations,
  References.CurrentLogSpans,
  References.TracerSpanAnnotations,
  References.TracerSpanLinks,
  Metric.CurrentMetricAttributes,
] as const

/** Who observes. Where the caller says nothing of it, it is as the service was made. */
const observers = [
  Tracer.Tracer,
  Tracer.MinimumTraceLevel,
  References.TracerEnabled,
  References.CurrentLoggers,
  References.MinimumLogLevel,
  Metric.MetricRegistry,
] as const

export const asCalled = <Services>(made: Context.Context<Services>) => {
  const nowhere = Context.omit(...places)(made) as Context.Context<Services>
  return <Caller>(caller: Context.Context<Caller>): Context.Context<Services> =>
    Context.mergeAll(
      caller,
      nowhere,
      Context.pick(...places, ...observers)(caller as Context.Context<never>),
    ) as unknown as Context.Context<Services>
}

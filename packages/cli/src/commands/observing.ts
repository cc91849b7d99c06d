/** The flags by which what a command does is looked at from outside, while it does it. */
import { Effect, Layer, Option } from "effect"
import { Flag } from "effect/cli"
import { Screen, silent } from "../Screen.ts"
import { portFlag } from "./portFlag.ts"

const otlp = Flag.String("otlp").pipe(
  Flag.withMetavar("URL"),
  Flag.withDescription(
    "Send traces, metrics and logs to an OpenTelemetry collector (OTLP over HTTP), such as http://127.0.0.1:4318",
  ),
  Flag.filterMap(
    (text) => Option.filter(Option.some(text), (url) => /^https?:\/\//i.test(url) && URL.canParse(url)),
    () => "the address of a collector, such as http://127.0.0.1:4318",
  ),
  Flag.optional,
)

const metrics = portFlag(
  "metrics",
  9464,
  "Serve metrics for Prometheus at http://127.0.0.1:port/metrics, to this machine alone; 0 is any port that is free",
).pipe(Flag.optional)

export const observing = { otlp, metrics }

export interface ObservingFlags {
  readonly otlp: Option.Option<string>
  readonly metrics: Option.Option<number>
  readonly quiet?: boolean
}

/** Nothing of it is loaded unless it is asked for. */
export const observedBy = (flags: ObservingFlags): Layer.Layer<never, never, Screen> =>
  flags.quiet === true ? Layer.provide(telemetry(flags), Layer.effect(Screen, silent)) : telemetry(flags)

const telemetry = ({ metrics, otlp }: ObservingFlags): Layer.Layer<never, never, Screen> =>
  Layer.mergeAll(
    late(
      otlp,
      () => import("../telemetry/collected.ts"),
      ({ collectedAt }) => collectedAt,
    ),
    late(
      metrics,
      () => import("../telemetry/scraped.ts"),
      ({ scrapedAt }) => scrapedAt,
    ),
  )

const late = <Where, Module>(
  where: Option.Option<Where>,
  load: () => Promise<Module>,
  of: (module: Module) => (where: Where) => Layer.Layer<never, never, Screen>,
): Layer.Layer<never, never, Screen> =>
  Option.match(where, {
    onNone: () => Layer.empty,
    onSome: (where) => Layer.unwrap(Effect.map(Effect.promise(load), (module) => of(module)(where))),
  })

/**
 * A run as those see it who look after the program: one span, lines in a log, metrics. All of it is folded from what the run reports.
 *
 * Invariant: where nobody traces or reads logs, an event costs a look at its tag.
 */
import { Cause, Effect, Exit, LogLevel } from "effect"
import type { DownloadEvent } from "../DownloadEvent.ts"
import { hexOf } from "../hexOf.ts"
import { stopwatch } from "../monotonic.ts"
import type { SurveyEvent } from "../SurveyEvent.ts"
import { Meter } from "./Meter.ts"
import { remarkOn } from "./remarks.ts"
import { type Attributes, printable, spanned } from "./Trace.ts"

/** What is run, and for which torrent. */
export interface Observed {
  readonly activity: "describe" | "download" | "seed" | "survey"
  readonly torrent: { readonly infoHash: Uint8Array; readonly name?: string | undefined }
}

type Report<Event> = (event: Event) => Effect.Effect<void>

/** The same run; its span is called after the activity, and what it does is below it. */
export const observed =
  <Event extends DownloadEvent | SurveyEvent, E extends { readonly message: string }, R>(
    { activity, torrent }: Observed,
    run: (report: Report<Event>) => Effect.Effect<void, E, R>,
  ) =>
  (report: Report<Event>): Effect.Effect<void, E, R> =>
    Effect.suspend(() => {
      // Of a link more than a name in it may come to be known.
      let name = torrent.name
      // A file is lost piece by piece: one line is enough.
      let lostOf: string | undefined
      return Effect.gen(function* () {
        const meter = new Meter(yield* Effect.context<never>(), yield* stopwatch)
        const isRead = yield* levels
        const remark = (event: Event): Effect.Effect<void> => {
          if (!isRead.Warn) return Effect.void
          if (event._tag === "PieceLost") {
            if (event.error.path === lostOf) return Effect.void
            lostOf = event.error.path
          }
          const remark = remarkOn(event)
          return remark === undefined || !isRead[remark.level]
            ? Effect.void
            : log(remark.level, remark.text, remark.about)
        }
        yield* log("Info", `${activity} begins`)
        yield* run((event) => {
          meter.see(event)
          if (event._tag === "Described") name = event.name
          const said = remark(event)
          return said === Effect.void ? report(event) : Effect.andThen(said, report(event))
        }).pipe(
          Effect.onExit((exit) => {
            meter.end()
            const [level, how] = endOf(exit)
            return log(level, `${activity} ${how}`)
          }),
        )
      }).pipe(
        Effect.annotateLogs({ infoHash: hexOf(torrent.infoHash) }),
        spanned(
          `unchoke.${activity}`,
          () => ({ infoHash: hexOf(torrent.infoHash), torrent: name }),
          () => ({ torrent: name }),
        ),
      )
    })

const levels = Effect.all({
  Debug: LogLevel.isEnabled("Debug"),
  Info: LogLevel.isEnabled("Info"),
  Warn: LogLevel.isEnabled("Warn"),
})

const log = (level: LogLevel.Severity, text: string, about: Attributes = {}): Effect.Effect<void> => {
  const known = Object.entries(about).filter(([, value]) => value !== undefined)
  const shown = known.map(([key, value]) => [key, typeof value === "string" ? printable(value) : value])
  return Effect.logWithLevel(level)(printable(text)).pipe(Effect.annotateLogs(Object.fromEntries(shown)))
}

const endOf = <E extends { readonly message: string }>(
  exit: Exit.Exit<void, E>,
): ["Info" | "Warn" | "Error", string] => {
  if (Exit.isSuccess(exit)) return ["Info", "ends"]
  if (Cause.hasInterruptsOnly(exit.cause)) return ["Info", "was interrupted"]
  const error = exit.cause.reasons.find(Cause.isFailReason)
  return error === undefined
    ? ["Error", `failed: ${Cause.pretty(exit.cause)}`]
    : ["Warn", `ended: ${error.error.message}`]
}

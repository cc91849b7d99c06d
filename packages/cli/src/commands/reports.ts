/** The flags by which a survey becomes a report, and what they do. */
import { Effect, Option } from "effect"
import { CliError, Flag } from "effect/cli"
import { safe } from "../render/text.ts"
import type { Survey } from "../render/Survey.ts"
import { type About, reportOf } from "../report/Report.ts"
import { mayBeWritten, writeReport } from "../report/reportFile.ts"
import type { Timeline } from "../report/Timeline.ts"
import * as Screen from "../Screen.ts"
import { anyPath, asTyped } from "./options.ts"

const path = (name: string, description: string) =>
  Flag.Path(name, anyPath).pipe(
    Flag.withMetavar("file"),
    Flag.map(asTyped),
    Flag.withDescription(description),
    Flag.optional,
  )

export const reportFlags = {
  html: path("html", "Write a report of it that a browser shows: who was reached when, and how it ended"),
  svg: path("svg", "Write its waterfall as a picture"),
}

export interface ReportFlags {
  readonly html: Option.Option<string>
  readonly svg: Option.Option<string>
}

export const isWanted = ({ html, svg }: ReportFlags): boolean => Option.isSome(html) || Option.isSome(svg)

/** One file cannot be both, for `Command.validate`. */
export const areTwo = ({ html, svg }: ReportFlags): Effect.Effect<void, CliError.ValidationError> =>
  Option.isSome(html) && Option.isSome(svg) && html.value === svg.value
    ? Effect.fail(new CliError.ValidationError({ message: "--html and --svg name the same file" }))
    : Effect.void

/** Fails where they can't be written. */
export const areWritable = Effect.fnUntraced(function* ({ html, svg }: ReportFlags) {
  const { htmlBegins } = yield* Effect.promise(() => import("../report/html.ts"))
  const { svgBegins } = yield* Effect.promise(() => import("../report/svg.ts"))
  if (Option.isSome(html)) yield* mayBeWritten(html.value, htmlBegins)
  if (Option.isSome(svg)) yield* mayBeWritten(svg.value, svgBegins)
})

/** Writes what is known by now. */
export const writeReports = Effect.fnUntraced(function* (
  { html, svg }: ReportFlags,
  about: About,
  survey: Survey,
  timeline: Timeline,
) {
  const report = reportOf(about, survey, timeline)
  if (Option.isSome(html)) {
    const { reportHtml } = yield* Effect.promise(() => import("../report/html.ts"))
    yield* written(html.value, reportHtml(report))
  }
  if (Option.isSome(svg)) {
    const { waterfallSvg } = yield* Effect.promise(() => import("../report/svg.ts"))
    yield* written(svg.value, waterfallSvg(report))
  }
})

const written = (file: string, text: string) =>
  Effect.andThen(writeReport(file, text), Screen.note(`The report is in ${safe(file)}.`))

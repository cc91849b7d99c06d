/** The flags by which a survey becomes a report, and what they do. */
import { Effect, Option } from "effect"
import { CliError, Flag } from "effect/cli"
import { realpathSync } from "node:fs"
import { resolve } from "node:path"
import { safe } from "../render/text.ts"
import type { Survey } from "../render/Survey.ts"
import { type About, type Report, reportOf } from "../report/Report.ts"
import { placeOfReport, writeReport } from "../report/reportFile.ts"
import type { Timeline } from "../report/Timeline.ts"
import * as Screen from "../Screen.ts"
import type { Place } from "../output.ts"
import { anyPath, fileAsTyped } from "./options.ts"

const path = (name: string, description: string) =>
  Flag.Path(name, anyPath).pipe(
    Flag.withMetavar("file"),
    Flag.map(fileAsTyped),
    Flag.withDescription(description),
    Flag.optional,
  )

export const reportFlags = {
  html: path("html", "Write a report of it that a browser shows: who was reached when, and how it ended; - is stdout"),
  svg: path("svg", "Write its waterfall as a picture; - is stdout"),
}

export interface ReportFlags {
  readonly html: Option.Option<string>
  readonly svg: Option.Option<string>
}

/** What stands for stdout. */
const stdout = "-"

export const isWanted = ({ html, svg }: ReportFlags): boolean => Option.isSome(html) || Option.isSome(svg)

/** Whether a report is all that stdout is for. */
export const areOnStdout = ({ html, svg }: ReportFlags): boolean =>
  Option.contains(html, stdout) || Option.contains(svg, stdout)

/** One file cannot be both, nor stdout; for `Command.validate`. */
export const areTwo = ({
  html,
  json = false,
  svg,
}: ReportFlags & { readonly json?: boolean }): Effect.Effect<void, CliError.ValidationError> => {
  const refused = (message: string) => Effect.fail(new CliError.ValidationError({ message }))
  const [first, second] = [
    ...(json ? ["--json"] : []),
    ...(Option.contains(html, stdout) ? ["--html -"] : []),
    ...(Option.contains(svg, stdout) ? ["--svg -"] : []),
  ]
  if (second !== undefined) return refused(`${first} and ${second} both want the standard output`)
  return Option.isSome(html) && Option.isSome(svg) && placeIn(html.value) === placeIn(svg.value)
    ? refused("--html and --svg name the same file")
    : Effect.void
}

/** Whatever leads to it. */
const placeIn = (path: string): string => {
  try {
    return realpathSync(path)
  } catch {
    return resolve(path)
  }
}

/** What is drawn, and where it goes. */
export interface Drawing {
  readonly place: Place
  readonly name: "report" | "picture"
  readonly draw: (report: Report) => string
}

/** What the flags ask for. Fails where it can't be written. */
export const drawings = Effect.fnUntraced(function* ({ html, svg }: ReportFlags) {
  const all: Array<Drawing> = []
  if (Option.isSome(html)) {
    const { htmlBegins, reportHtml } = yield* Effect.promise(() => import("../report/html.ts"))
    all.push({ place: yield* placeOfReport(html.value, htmlBegins), name: "report", draw: reportHtml })
  }
  if (Option.isSome(svg)) {
    const { svgBegins, waterfallSvg } = yield* Effect.promise(() => import("../report/svg.ts"))
    all.push({ place: yield* placeOfReport(svg.value, svgBegins), name: "picture", draw: waterfallSvg })
  }
  return all
})

/** Writes what is known by now. */
export const writeReports = (
  drawings: ReadonlyArray<Drawing>,
  about: About,
  survey: Survey,
  timeline: Timeline,
  notes?: ReadonlyArray<string>,
) => {
  const report = reportOf(about, survey, timeline, notes)
  return Effect.forEach(
    drawings,
    ({ draw, name, place }) =>
      Effect.andThen(
        writeReport(place, draw(report)),
        place.absolute === undefined ? Effect.void : Screen.note(`The ${name} is in ${safe(place.path)}.`),
      ),
    { discard: true },
  )
}

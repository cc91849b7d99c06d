/** `unchoke report`: the report of a probe that was recorded. */
import { Effect } from "effect"
import { Argument, CliError, Command } from "effect/cli"
import { readRecording } from "../report/readRecording.ts"
import * as Screen from "../Screen.ts"
import { explained } from "./explained.ts"
import { anyPath, asTyped } from "./options.ts"
import { areTwo, drawings, reportFlags, writeReports, isWanted } from "./reports.ts"

const recording = Argument.Path("recording", anyPath).pipe(
  Argument.map(asTyped),
  Argument.withDescription("What `unchoke probe --json` has printed; - is stdin"),
)

export const report = Command.make(
  "report",
  { recording, ...reportFlags },
  Effect.fn("report")(function* (flags) {
    yield* Effect.gen(function* () {
      const wanted = yield* drawings(flags)
      const { about, notes, survey, timeline } = yield* readRecording(flags.recording)
      yield* Effect.forEach(notes, Screen.note, { discard: true })
      yield* writeReports(wanted, about, survey, timeline, notes)
    }).pipe(explained({ torrent: flags.recording }))
  }),
).pipe(
  Command.validate((flags) =>
    isWanted(flags)
      ? Effect.void
      : Effect.fail(new CliError.ValidationError({ message: "Nothing to write: give --html FILE or --svg FILE" })),
  ),
  Command.validate((flags) => areTwo(flags)),
  Command.withDescription("Draw a probe that was recorded with --json: who was reached when, and how it ended"),
  Command.withExamples([
    { command: "unchoke probe ubuntu.torrent --json > probe.jsonl", description: "Record it" },
    { command: "unchoke report probe.jsonl --html report.html", description: "Look at it" },
    { command: "gunzip -c probe.jsonl.gz | unchoke report - --html report.html" },
  ]),
)

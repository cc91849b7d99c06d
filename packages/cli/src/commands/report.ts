/** `unchoke report`: the report of a probe that was recorded. */
import { Effect } from "effect"
import { Argument, CliError, Command } from "effect/cli"
import { boundedText } from "../boundedBytes.ts"
import { readRecording } from "../report/Recording.ts"
import { inWords, UnreadableTorrent } from "../torrentFile.ts"
import { explained } from "./explained.ts"
import { anyPath, asTyped } from "./options.ts"
import { areTwo, areWritable, reportFlags, writeReports, isWanted } from "./reports.ts"

const recording = Argument.Path("recording", anyPath).pipe(
  Argument.map(asTyped),
  Argument.withDescription("What `unchoke probe --json` has printed"),
)

/** In bytes: a hundred times what a probe of ten thousand peers prints. */
const longest = 512 << 20

export const report = Command.make(
  "report",
  { recording, ...reportFlags },
  Effect.fn("report")(function* (flags) {
    yield* Effect.gen(function* () {
      yield* areWritable(flags)
      const unreadable = (why: string) => new UnreadableTorrent({ path: flags.recording, why })
      const text = yield* boundedText(flags.recording, longest).pipe(
        Effect.mapError(({ cause }) => unreadable(inWords(cause) ?? String(cause))),
      )
      if (text === undefined) return yield* unreadable("it is longer than any probe is")
      const { about, survey, timeline } = yield* readRecording(flags.recording, text)
      yield* writeReports(flags, about, survey, timeline)
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
  ]),
)

/** `unchoke probe`: who is there, and who would really give us the file? */
import type { MagnetLink } from "@unchoke/protocol"
import { Duration, Effect, Option, Schema, Stream } from "effect"
import { Command } from "effect/cli"
import { Deadlines, NoSuitablePeer, SurveyEvent, peersIn, type Torrent, Unchoke } from "unchoke"
import { aboutTorrent } from "../aboutTorrent.ts"
import { engineWith } from "../engine.ts"
import { Interruption } from "../Interruption.ts"
import { answered } from "../render/downloadNotes.ts"
import { failureOfProbe } from "../render/failure.ts"
import { probeTable } from "../render/probeTable.ts"
import { isWilling, Survey, surveyLine } from "../render/Survey.ts"
import { fit } from "../render/text.ts"
import * as Units from "../render/units.ts"
import * as Screen from "../Screen.ts"
import { isLink, readSource } from "../torrentFile.ts"
import { described } from "./described.ts"
import { endedLine, explained, interruptedLine } from "./explained.ts"
import { encryption, sessionOptionsOf } from "./sharing.ts"
import {
  deadlinesOf,
  jsonLines,
  noWebSeeds,
  probeDeadlines,
  sources,
  sourcesOf,
  torrent,
  trackerOptionsOf,
} from "./options.ts"

const flags = { torrent, ...sources, noWebSeeds, encryption, json: jsonLines, deadlines: probeDeadlines }
type Flags = Command.Command.Config.Infer<typeof flags>

export const probe = Command.make(
  "probe",
  flags,
  Effect.fn("probe")(function* (flags) {
    const survey = new Survey()
    const told = explained(flags, failureOfProbe(survey), () => summary(survey))
    const source = yield* readSource(flags.torrent).pipe(told)
    yield* probed(source, flags, survey).pipe(told, aboutTorrent(source, flags))
  }),
).pipe(
  Command.withDescription(
    "Show who is there, and who would really give us the file, or a part of it; downloads nothing",
  ),
  Command.withExamples([
    { command: "unchoke probe ubuntu.torrent" },
    { command: "unchoke probe ubuntu.torrent --peer 127.0.0.1:51413 --no-tracker --unchoke-timeout 2m" },
  ]),
  Command.provide((flags) =>
    engineWith({ ...trackerOptionsOf(flags), ...sessionOptionsOf({ encryption: flags.encryption }) }),
  ),
)

const probed = Effect.fnUntraced(function* (source: Torrent | MagnetLink.MagnetLink, flags: Flags, survey: Survey) {
  const deadlines = deadlinesOf(flags.deadlines)
  const asked = sourcesOf(flags, isLink(source) ? source : undefined)
  const torrent = yield* described(source, { folder: process.cwd(), ...asked, deadlines }, flags.json)
  const events = (yield* Unchoke)
    .survey(torrent, {
      ...asked,
      sources: [...asked.sources, ...(isLink(source) ? peersIn(source) : [])],
      webSeeds: !flags.noWebSeeds,
      deadlines,
    })
    .pipe(Stream.tap((event) => Effect.sync(() => survey.see(event))))
  if (!flags.json) yield* Screen.note(mayTake(Deadlines.of("race", deadlines)))
  yield* flags.json ? printed(events, survey) : watch(events, survey, torrent, flags)
  if (!survey.suffices) return yield* new NoSuitablePeer({ rejections: survey.rejections })
  if (flags.json) yield* Screen.print(endedLine(summary(survey)))
})

/** Before anything happens. */
const mayTake = ({ unchoke }: Deadlines.Deadlines): string =>
  `Each peer gets ${Units.wait(Duration.toMillis(unchoke))} to unchoke us, so this may take somewhat longer than that. Ctrl-C shows what is known so far.`

/** What was found, for the last line of `--json`. */
const summary = ({ copies, encrypted, partial, passed, size, webSeeds, worth }: Survey) => ({
  peers: size,
  passed,
  partial,
  encrypted,
  webSeeds: webSeeds.filter(isWilling).length,
  copies: copies?.copies,
  sources: worth,
})

const printed = Effect.fnUntraced(function* <E>(events: Stream.Stream<SurveyEvent, E>, survey: Survey) {
  const interruption = yield* Interruption
  const toJson = Schema.encodeSync(Schema.fromJsonString(SurveyEvent))
  yield* Stream.runForEach(events, (event) => Screen.print(toJson(event))).pipe(
    Effect.onInterrupt(() => Screen.print(interruptedLine(interruption, summary(survey)))),
  )
})

const watch = Effect.fnUntraced(function* <E>(
  events: Stream.Stream<SurveyEvent, E>,
  survey: Survey,
  torrent: Torrent,
  flags: Pick<Flags, "encryption">,
) {
  const policy = Option.getOrUndefined(flags.encryption)
  const { err, out, width } = yield* Screen.Screen
  const report = Effect.suspend(() =>
    survey.size === 0 && survey.webSeeds.length === 0
      ? Effect.void
      : Screen.say(probeTable(survey, torrent, out, width(), policy).join("\n")),
  )
  yield* Effect.gen(function* () {
    yield* Screen.follow((_, columns) => fit(surveyLine(survey), columns ?? Infinity))
    yield* Stream.runForEach(events, (event) =>
      event._tag === "SourceAnswered"
        ? Effect.forEach(answered(event.asked, event.fresh, err), Screen.note, { discard: true })
        : Effect.void,
    )
  }).pipe(
    Effect.scoped,
    // Ctrl-C shows what is known by then.
    Effect.onInterrupt(() => report),
  )
  yield* report
})

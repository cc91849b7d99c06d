/** `unchoke probe`: who is there, and who would really give us the file? */
import type { MagnetLink } from "@unchoke/protocol"
import { Duration, Effect, Layer, Option, Schema, Stream } from "effect"
import { Command } from "effect/cli"
import { aboutTorrent } from "../aboutTorrent.ts"
import { Deadlines, NoSuitablePeer, SurveyEvent, type Torrent, Unasked, Unchoke } from "@unchoke/engine"
import { engineWith } from "../engine.ts"
import { Interruption } from "../Interruption.ts"
import { answered } from "../render/downloadNotes.ts"
import * as Describing from "../render/Describing.ts"
import { failureOfProbe } from "../render/failure.ts"
import { probeTable } from "../render/probeTable.ts"
import { isWilling, Survey, surveyLine } from "../render/Survey.ts"
import { fitWords } from "../render/text.ts"
import { aboutOf } from "../report/about.ts"
import type { Probing } from "../report/Recording.ts"
import { Timeline } from "../report/Timeline.ts"
import * as Units from "../render/units.ts"
import * as Screen from "../Screen.ts"
import { isLink, readSource } from "../torrentFile.ts"
import { consistent } from "./consistent.ts"
import { follow } from "../view/follow.ts"
import { beforeAnything } from "../view/sheet.ts"
import { surveyFrame } from "../view/SurveyView.ts"
import { endedLine, explained, interruptedLine } from "./explained.ts"
import { observedBy, observing } from "./observing.ts"
import { encryption, sessionOptionsOf } from "./sharing.ts"
import { filesWanted } from "../choice/filesWanted.ts"
import { areOnStdout, areTwo, type Drawing, drawings, reportFlags, writeReports } from "./reports.ts"
import {
  choice,
  deadlinesOf,
  jsonLines,
  noWebSeeds,
  probeDeadlines,
  sources,
  sourcesOf,
  torrent,
  trackerOptionsOf,
  quiet,
  view,
} from "./options.ts"

const flags = {
  torrent,
  ...choice,
  ...sources,
  noWebSeeds,
  encryption,
  ...reportFlags,
  ...observing,
  json: jsonLines,
  quiet,
  view,
  deadlines: probeDeadlines,
}
type Flags = Command.Command.Config.Infer<typeof flags>

export const probe = Command.make(
  "probe",
  flags,
  Effect.fn("probe")(function* (flags) {
    const survey = new Survey()
    const told = explained(flags, failureOfProbe(survey), () => summary(survey))
    const wanted = yield* drawings(flags).pipe(told)
    const source = yield* readSource(flags.torrent, flags).pipe(told)
    const shown = probed(source, flags, wanted, survey)
    const isSilent = flags.quiet && !flags.json
    const screen = isSilent ? Screen.silent : areOnStdout(flags) ? Screen.withoutResult : Screen.Screen
    yield* Effect.provideServiceEffect(shown, Screen.Screen, screen).pipe(told, aboutTorrent(source, flags))
  }),
).pipe(
  Command.validate((flags) => consistent(flags, { seeds: false, hasWebSeeds: true })),
  Command.validate((flags) => areTwo(flags)),
  Command.withDescription(
    "Show who is there, and who would really give us the file, or a part of it; downloads nothing",
  ),
  Command.withExamples([
    { command: "unchoke probe ubuntu.torrent" },
    { command: "unchoke probe ubuntu.torrent --quiet && echo yes", description: "In a script, by its exit code" },
    { command: "unchoke probe ubuntu.torrent --peer 127.0.0.1:51413 --no-tracker --unchoke-timeout 2m" },
  ]),
  Command.provide((flags) =>
    Layer.merge(
      engineWith({ ...trackerOptionsOf(flags), ...sessionOptionsOf({ encryption: flags.encryption }) }),
      observedBy(flags),
    ),
  ),
)

const probed = Effect.fnUntraced(function* (
  source: Torrent | MagnetLink.MagnetLink,
  flags: Flags,
  drawings: ReadonlyArray<Drawing>,
  survey: Survey,
) {
  const deadlines = deadlinesOf(flags.deadlines)
  const asked = sourcesOf(flags, isLink(source) ? source : undefined)
  const wanted = { ...asked, webSeeds: !flags.noWebSeeds }
  let torrent = isLink(source) ? undefined : source
  const begins = Screen.note(mayTake(Deadlines.of("race", deadlines)))
  if (torrent === undefined) survey.awaitDescription()
  else if (!flags.json) yield* begins
  const timeline = new Timeline()
  const began = yield* Screen.monotonic
  const events = (yield* Unchoke)
    .survey(source, {
      ...wanted,
      files: filesWanted(flags),
      folder: process.cwd(),
      described: (known) => Effect.sync(() => void (torrent = known)),
      deadlines,
    })
    .pipe(
      Stream.mapEffect((event) =>
        Effect.map(Screen.monotonic, (now): Timed => {
          const at = Math.round(now - began)
          survey.see(event)
          timeline.see(event, at)
          return { event, at }
        }),
      ),
    )
  const report = Effect.suspend(() =>
    torrent !== undefined && survey.size + survey.webSeeds.length > 0
      ? writeReports(drawings, aboutOf(torrent), survey, timeline)
      : Effect.void,
  )
  const watched = { survey, torrent: () => torrent, begins }
  yield* (flags.json ? printed(events, watched) : watch(events, watched, flags)).pipe(
    // Of what is known by then.
    Effect.onInterrupt(() => Effect.ignore(report)),
  )
  yield* report
  if (!survey.suffices)
    return yield* new NoSuitablePeer({ rejections: survey.rejections, unasked: Unasked.of(torrent!, wanted) })
  if (flags.json) yield* Screen.print(endedLine(summary(survey)))
})

/** What happened, and how many milliseconds after the beginning. */
interface Timed {
  readonly event: SurveyEvent
  readonly at: number
}

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

/** The line that says which torrent it is about comes as soon as that is known. */
const printed = Effect.fnUntraced(function* <E>(events: Stream.Stream<Timed, E>, { survey, torrent }: Watched) {
  const interruption = yield* Interruption
  const encode = Schema.encodeSync(Schema.toCodecJson(SurveyEvent))
  let isNamed = false
  const lines = ({ at, event }: Timed): ReadonlyArray<string> => {
    const text = JSON.stringify({ ...(encode(event) as object), at })
    const known = torrent()
    if (isNamed || known === undefined) return [text]
    isNamed = true
    const begin: typeof Probing.Type = { _tag: "Probing", ...aboutOf(known) }
    return event._tag === "Described" ? [text, JSON.stringify(begin)] : [JSON.stringify(begin), text]
  }
  yield* Stream.runForEach(events, (timed) => Effect.forEach(lines(timed), Screen.print, { discard: true })).pipe(
    Effect.onInterrupt(() => Screen.print(interruptedLine(interruption, summary(survey)))),
  )
})

interface Watched {
  readonly survey: Survey
  /** As soon as it is known. */
  readonly torrent: () => Torrent | undefined
  /** Says what is to come, when it is known what the torrent of a link is. */
  readonly begins: Effect.Effect<void, never, Screen.Screen>
}

const watch = Effect.fnUntraced(function* <E>(
  events: Stream.Stream<Timed, E>,
  { begins, survey, torrent }: Watched,
  flags: Pick<Flags, "encryption" | "view">,
) {
  const policy = Option.getOrUndefined(flags.encryption)
  const { err, out, width } = yield* Screen.Screen
  let describing = Describing.none
  const report = Effect.suspend(() => {
    const known = torrent()
    if (known === undefined) return Screen.note("Stopped: it is not known yet what the torrent is.")
    return survey.size === 0 && survey.webSeeds.length === 0
      ? Effect.void
      : Screen.say(probeTable(survey, known, out, width(), policy).join("\n"))
  })
  const line = () => (torrent() === undefined ? Describing.line(describing) : surveyLine(survey))
  yield* Effect.gen(function* () {
    yield* follow(
      (_, columns) => fitWords(line(), columns ?? Infinity),
      (look) => {
        const known = torrent()
        return known === undefined ? beforeAnything(line(), look) : surveyFrame(survey, known, look)
      },
      flags.view,
    )
    yield* Stream.runForEach(events, ({ event }) => {
      describing = Describing.step(describing, event)
      if (event._tag === "Described") return begins
      return event._tag === "SourceAnswered"
        ? Effect.forEach(answered(event.asked, event.fresh, err), Screen.note, { discard: true })
        : Effect.void
    })
  }).pipe(
    Effect.scoped,
    // Ctrl-C shows what is known by then.
    Effect.onInterrupt(() => report),
  )
  yield* report
})

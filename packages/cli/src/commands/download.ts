/** `unchoke download`: find the peer that will really give us the file, and fetch it. */
import { Clock, Effect, Path, Schema, Stream } from "effect"
import { Command, Flag } from "effect/cli"
import { type DownloadError, DownloadEvent, type Torrent, Unchoke } from "unchoke"
import { engine } from "../engine.ts"
import { downloadLine, downloadReport } from "../render/downloadLine.ts"
import { beginning, downloadNotes, ending, stopped } from "../render/downloadNotes.ts"
import * as DownloadProgress from "../render/DownloadProgress.ts"
import * as Screen from "../Screen.ts"
import { readTorrent } from "../torrentFile.ts"
import { explained } from "./explained.ts"
import {
  anyPath,
  asTyped,
  deadlinesOf,
  downloadDeadlines,
  fact,
  jsonLines,
  quiet,
  sources,
  sourcesOf,
  torrent,
} from "./options.ts"

const output = Flag.Path("output", anyPath).pipe(
  Flag.withAlias("o"),
  Flag.withMetavar("folder"),
  Flag.withDefault(process.cwd()),
  Flag.map(asTyped),
  Flag.withDescription("The folder in which the torrent's file or folder appears (default: here)"),
)

const strategy = Flag.Literals("strategy", ["race", "sequence"]).pipe(
  Flag.withMetavar("race|sequence"),
  Flag.withDefault("race"),
  Flag.withDescription("Try many peers at once, or one after the other (default: race)"),
)

const mostLinks = 50

const links = Flag.Int("links").pipe(
  Flag.withMetavar("n"),
  Flag.withDefault(1),
  Flag.withDescription("How many peers to download from at once (default: 1)"),
  Flag.filter(
    (links) => links >= 1 && links <= mostLinks,
    () => `1 to ${mostLinks}`,
  ),
)

const recheck = fact(
  "recheck",
  "Read and hash all that is there, also what was verified before and has not been changed since",
)

const overwrite = fact(
  "overwrite",
  "Replace files that are in the way and not this torrent's, each when its successor is complete",
)

export const download = Command.make(
  "download",
  {
    torrent,
    output,
    ...sources,
    strategy,
    links,
    recheck,
    overwrite,
    json: jsonLines,
    quiet,
    deadlines: downloadDeadlines,
  },
  Effect.fn("download")(
    function* (flags) {
      const torrent = yield* readTorrent(flags.torrent)
      const events = (yield* Unchoke).download(torrent, {
        folder: flags.output,
        ...sourcesOf(flags),
        strategy: flags.strategy,
        links: flags.links,
        recheck: flags.recheck,
        overwrite: flags.overwrite,
        deadlines: deadlinesOf(flags.deadlines),
      })
      const watched = flags.json ? printed(events) : watch(events, torrent, flags.output)
      yield* flags.quiet ? Effect.provideServiceEffect(watched, Screen.Screen, Screen.silent) : watched
    },
    (command, flags) => explained(flags)(command),
  ),
).pipe(
  Command.withDescription("Find the peer that will really give us the file, and download it"),
  Command.withExamples([
    { command: "unchoke download ubuntu.torrent --output ~/Downloads", description: "Peers come from its trackers" },
    {
      command: "unchoke download ubuntu.torrent --peer 127.0.0.1:51413 --peer [::1]:6881 --no-tracker",
      description: "From these peers alone",
    },
  ]),
  Command.provide(engine),
)

type Events = Stream.Stream<DownloadEvent, DownloadError>

const toJson = Schema.encodeSync(Schema.fromJsonString(DownloadEvent))

const printed = (events: Events) => Stream.runForEach(events, (event) => Screen.print(toJson(event)))

const watch = Effect.fnUntraced(function* (events: Events, torrent: Torrent, folder: string) {
  const { join } = yield* Path.Path
  const { err, out } = yield* Screen.Screen
  let progress = DownloadProgress.initial(torrent)

  yield* Screen.note(beginning(torrent, folder, err))
  yield* Effect.gen(function* () {
    yield* Screen.follow((now, columns, style) =>
      columns === undefined ? downloadReport(progress, now) : downloadLine(progress, now, columns, style),
    )
    // A batch at a time: a fast download has thousands of events a second.
    yield* Stream.runForEachArray(
      events,
      Effect.fnUntraced(function* (batch) {
        const now = yield* Clock.currentTimeMillis
        const notes: Array<string> = []
        for (const event of batch) {
          notes.push(...downloadNotes(event, progress, err))
          progress = DownloadProgress.step(progress, event, now)
        }
        yield* Effect.forEach(notes, Screen.note, { discard: true })
      }),
    )
  }).pipe(
    Effect.scoped,
    Effect.onInterrupt(() => Screen.note(stopped(progress))),
    Effect.tapError(() => (progress.stored > 0 ? Screen.note(stopped(progress)) : Effect.void)),
  )
  const now = yield* Clock.currentTimeMillis
  yield* Screen.say(ending({ progress, path: join(folder, torrent.name), now }, out))
})

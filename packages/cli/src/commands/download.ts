/** `unchoke download`: find the peer that will really give us the file, and fetch it. */
import { Effect, Option, Path, Schema, Stream } from "effect"
import { Command, Flag } from "effect/cli"
import { relative } from "node:path"
import { type DownloadError, DownloadEvent, type Torrent, Unchoke } from "unchoke"
import { engineWith } from "../engine.ts"
import { Interruption } from "../Interruption.ts"
import { downloadLine, downloadReport } from "../render/downloadLine.ts"
import { beginning, downloadNotes, ending, stopped } from "../render/downloadNotes.ts"
import * as DownloadProgress from "../render/DownloadProgress.ts"
import * as Screen from "../Screen.ts"
import { readTorrent } from "../torrentFile.ts"
import { workingFolderIsGone } from "../workingFolder.ts"
import { explained, interruptedLine } from "./explained.ts"
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
  trackerOptionsOf,
} from "./options.ts"

const output = Flag.Path("output", anyPath).pipe(
  Flag.withAlias("o"),
  Flag.withMetavar("folder"),
  Flag.withDefault(process.cwd()),
  Flag.filter(
    (folder) => !workingFolderIsGone || relative("", folder).startsWith(".."),
    () => "a folder that is there: the one that you are in was deleted",
  ),
  Flag.map(asTyped),
  Flag.withDescription("The folder in which the torrent's file or folder appears (default: here)"),
)

const strategy = Flag.Literals("strategy", ["race", "sequence"]).pipe(
  Flag.withMetavar("race|sequence"),
  Flag.withDefault("race"),
  Flag.withDescription("Try many peers at once, or one after the other (default: race)"),
)

const mostLinks = 50

const links = Flag.String("links").pipe(
  Flag.withMetavar(`1..${mostLinks}`),
  Flag.withDefault("1"),
  Flag.withDescription("How many peers to download from at once (default: 1)"),
  Flag.filterMap(
    (text) =>
      Option.filter(Option.some(Number(text)), (links) => /^\d+$/.test(text) && links >= 1 && links <= mostLinks),
    () => `a whole number from 1 to ${mostLinks}, such as 3`,
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
      const began = yield* Screen.monotonic
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
      const watched: Effect.Effect<void, DownloadError, Interruption | Path.Path | Screen.Screen> = flags.json
        ? printed(events, torrent)
        : watch(events, { torrent, folder: flags.output, began })
      yield* flags.quiet && !flags.json ? Effect.provideServiceEffect(watched, Screen.Screen, Screen.silent) : watched
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
  Command.provide((flags) => engineWith(trackerOptionsOf(flags))),
)

type Events = Stream.Stream<DownloadEvent, DownloadError>

/** An event a line; the last line says how it ended. */
const printed = Effect.fnUntraced(function* (events: Events, torrent: Torrent) {
  const interruption = yield* Interruption
  const toJson = Schema.encodeSync(Schema.fromJsonString(DownloadEvent))
  let { bytes, stored } = DownloadProgress.initial(torrent)
  const { pieces } = torrent.geometry
  yield* Stream.runForEach(events, (event) => {
    if (event._tag === "Checking") [stored, bytes] = [event.present, event.bytes]
    if (event._tag === "PieceStored") [stored, bytes] = [event.stored, bytes + event.bytes]
    return Screen.print(toJson(event))
  }).pipe(Effect.onInterrupt(() => Screen.print(interruptedLine(interruption, { stored, pieces, bytes }))))
})

/** Whether the same command goes on from what is verified: not when the disk has something else to say first. */
const isKept = ({ _tag }: DownloadError): boolean => _tag !== "StorageError"

interface Watched {
  readonly torrent: Torrent
  readonly folder: string
  /** When the command was started, by the monotonic clock. */
  readonly began: number
}

const watch = Effect.fnUntraced(function* (events: Events, { began, folder, torrent }: Watched) {
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
        const now = yield* Screen.monotonic
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
    Effect.tapError((error) => (progress.stored > 0 && isKept(error) ? Screen.note(stopped(progress)) : Effect.void)),
  )
  const took = (yield* Screen.monotonic) - began
  yield* Screen.say(ending({ progress, path: join(folder, torrent.name), took }, out))
})

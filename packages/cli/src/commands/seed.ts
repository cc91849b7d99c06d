/** `unchoke seed`: serve what is there. */
import { Effect, Option, Stream } from "effect"
import { Argument, CliError, Command, Flag } from "effect/cli"
import { type DownloadEvent, type SeedOptions, selected, type Torrent, Unchoke } from "@unchoke/engine"
import { peersIn } from "@unchoke/engine/internal"
import { contentPlace } from "../contentPlace.ts"
import { engineWith } from "../engine.ts"
import { NothingToSeed } from "../NothingToSeed.ts"
import { failureOfCreation, failureOfPlace } from "../render/failure.ts"
import * as Screen from "../Screen.ts"
import { filesWanted } from "../choice/filesWanted.ts"
import { isLink, readSource } from "../torrentFile.ts"
import { consistent } from "./consistent.ts"
import { created, sayCreated } from "./creating.ts"
import { creation, creationGiven, force } from "./creationFlags.ts"
import { described } from "./described.ts"
import { explained } from "./explained.ts"
import {
  anyPath,
  asTyped,
  choice,
  deadlinesOf,
  describeDeadlines,
  fact,
  jsonLines,
  quiet,
  recheck,
  sources,
  sourcesOf,
  torrent,
  trackerOptionsOf,
} from "./options.ts"
import { encryption, goals, seedGoalOf, seedLimits, sessionOptionsOf } from "./sharing.ts"
import { follow } from "./transfer.ts"

const folder = Argument.Path("folder", anyPath).pipe(
  Argument.withDefault(process.cwd()),
  Argument.map(asTyped),
  Argument.withDescription(
    "The folder that the torrent's file or folder is in, or that itself (default: the working folder)",
  ),
)

const save = Flag.String("save").pipe(
  Flag.withMetavar("file"),
  Flag.withDescription("With --create: write the torrent to this .torrent file as well"),
  Flag.optional,
)

export const seed = Command.make(
  "seed",
  {
    torrent: torrent.pipe(
      Argument.withDescription(
        "The .torrent file, its address on the web, or a magnet link; with --create a file or folder",
      ),
    ),
    folder,
    ...choice,
    ...sources,
    ...goals(),
    ...seedLimits,
    encryption,
    recheck,
    create: fact("create", "Make a torrent of the file or folder that is named, and serve it; prints a magnet link"),
    save,
    ...creation,
    force,
    json: jsonLines,
    quiet,
    deadlines: describeDeadlines,
  },
  Effect.fn("seed")(
    function* (flags) {
      const began = yield* Screen.monotonic
      const deadlines = deadlinesOf(flags.deadlines)
      if (flags.create) {
        const made = yield* created(flags.torrent, flags, Option.getOrUndefined(flags.save))
        yield* sayCreated(made, flags, (yield* Screen.monotonic) - began)
        return yield* served(made.content, { ...sourcesOf(flags), deadlines }, flags, yield* Screen.monotonic)
      }
      const source = yield* readSource(flags.torrent, flags)
      const asked = { ...sourcesOf(flags, isLink(source) ? source : undefined), deadlines }
      const known = yield* described(source, { folder: flags.folder, ...asked }, flags.json)
      const sources = [...asked.sources, ...(isLink(source) ? peersIn(source) : [])]
      const files = filesWanted(flags) ?? (isLink(source) ? selected(source) : undefined)
      yield* served(yield* contentPlace(known, flags.folder), { ...asked, sources, files }, flags, began)
    },
    (command, flags) => explained(flags, flags.create ? failureOfCreation : failureOfPlace)(command),
  ),
).pipe(
  Command.validate((flags) => {
    const invalid = (message: string) => Effect.fail(new CliError.ValidationError({ message }))
    if (flags.create) {
      if (flags.folder !== asTyped(process.cwd()))
        return invalid("with --create nothing but one file or folder is named")
      if (flags.files.length > 0 || flags.not.length > 0)
        return invalid("--files and --not choose among the files of a torrent that there is, not of one that is made")
      return Option.contains(flags.save, "-")
        ? invalid("with --create --save is a file: what happens is told on the standard output")
        : consistent(flags, { seeds: true, hasWebSeeds: false })
    }
    const given = creationGiven(flags)
    return given === undefined
      ? consistent(flags, { seeds: true, hasWebSeeds: false })
      : invalid(`--${given} belongs to --create`)
  }),
  Command.withDescription("Serve what of a torrent is on the disk, until Ctrl-C or a goal; a part is served as a part"),
  Command.withExamples([
    { command: "unchoke seed ubuntu.torrent ~/Downloads" },
    { command: "unchoke seed ubuntu.torrent ~/Downloads --ratio 2 --upload-limit 1MiB --port 51413" },
    {
      command: "unchoke seed --create ./folder --tracker udp://tracker.example.org:6969/announce",
      description: "Make a torrent of it and serve it",
    },
  ]),
  Command.provide((flags) => engineWith({ ...trackerOptionsOf(flags), ...sessionOptionsOf(flags) })),
)

interface Content {
  readonly torrent: Torrent
  readonly folder: string
  readonly seen?: SeedOptions["seen"]
}

type Serving = Parameters<typeof seedGoalOf>[0] & {
  readonly maxPeers: Option.Option<number>
  readonly recheck: boolean
  readonly json: boolean
  readonly quiet: boolean
}

/** `began` is when the command was started, or when the torrent was made. */
const served = Effect.fnUntraced(function* (
  { folder, seen, torrent }: Content,
  asked: Partial<SeedOptions>,
  flags: Serving,
  began: number,
) {
  const goal = seedGoalOf(flags)
  const events = (yield* Unchoke).seed(torrent, {
    ...asked,
    folder,
    ...goal,
    maxPeers: Option.getOrUndefined(flags.maxPeers),
    recheck: flags.recheck,
    seen,
  })
  const task = { strategy: undefined, seed: goal }
  yield* follow(unlessNothing(events, torrent, folder), { torrent: () => torrent, task, folder, began }, flags)
})

/** Fails when the look at the disk has found nothing. */
const unlessNothing = <E>(events: Stream.Stream<DownloadEvent, E>, { name }: Torrent, folder: string) =>
  Stream.tap(events, (event) =>
    event._tag === "Checking" && event.checked === event.pieces && event.present === 0
      ? Effect.fail(new NothingToSeed({ name, folder }))
      : Effect.void,
  )

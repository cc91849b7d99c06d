/** `unchoke seed`: serve what is there. */
import { Effect, Layer, Option, Stream } from "effect"
import type { MagnetLink } from "@unchoke/protocol"
import { CliError, Command, Flag } from "effect/cli"
import { type DownloadEvent, type SeedOptions, selected, type Torrent, Unchoke } from "@unchoke/engine"
import { peersIn } from "@unchoke/engine/internal"
import { aboutTorrent } from "../aboutTorrent.ts"
import { contentPlace } from "../contentPlace.ts"
import { engineWith } from "../engine.ts"
import { NothingToSeed } from "../NothingToSeed.ts"
import { type Failure, failureOfCreation, failureOfPlace } from "../render/failure.ts"
import { safe } from "../render/text.ts"
import * as Screen from "../Screen.ts"
import { filesWanted } from "../choice/filesWanted.ts"
import { isLink, readSource } from "../torrentFile.ts"
import { consistent } from "./consistent.ts"
import { created, sayCreated } from "./creating.ts"
import { creation, creationGiven, force } from "./creationFlags.ts"
import { described } from "./described.ts"
import { explained } from "./explained.ts"
import { laterForPeers, onceThere } from "../many/Again.ts"
import { many } from "../many/many.ts"
import { alone, type Place } from "../many/Place.ts"
import type { Stage } from "../many/Tally.ts"
import { oneOutput } from "./oneOutput.ts"
import { observedBy, observing } from "./observing.ts"
import {
  choice,
  deadlinesOf,
  describeDeadlines,
  fact,
  jsonLines,
  quiet,
  recheck,
  sources,
  sourcesOf,
  trackerOptionsOf,
  view,
} from "./options.ts"
import { countOf, given, list, onlyOne, placed, seeded, someGiven, watch, watching } from "./several.ts"
import { encryption, goals, seedGoalOf, seedLimits, sessionOptionsOf } from "./sharing.ts"
import { follow } from "./transfer.ts"

const save = Flag.String("save").pipe(
  Flag.withMetavar("file"),
  Flag.withDescription("With --create: write the torrent to this .torrent file as well"),
  Flag.optional,
)

const flags = {
  torrents: seeded,
  list,
  watch,
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
  ...observing,
  json: jsonLines,
  quiet,
  view,
  deadlines: describeDeadlines,
}
type Flags = Command.Command.Config.Infer<typeof flags>

export const seed = Command.make(
  "seed",
  flags,
  Effect.fn("seed")(function* (typed) {
    const flags = { ...typed, command: "seed" as const }
    if (flags.create) return yield* createdAndServed(flags)
    const { folder = process.cwd(), ...named } = placed(flags)
    const only = onlyOne(named)
    if (only === undefined) {
      const opening = watching(named, `served from ${safe(folder)}`)
      const how = { ...flags, jobs: looksAtOnce, certain: countOf(named), opening }
      const { json, quiet } = flags
      return yield* many(given({ ...named, json, quiet }), workOf(flags, folder), how)
    }
    const told = explained({ ...flags, torrent: only }, failureOfPlace)
    const source = yield* readSource(only, flags).pipe(told)
    yield* one(source, folder, flags, alone).pipe(told, aboutTorrent(source, flags))
  }),
).pipe(
  Command.validate((flags) => {
    const invalid = (message: string) => Effect.fail(new CliError.ValidationError({ message }))
    if (flags.create) {
      if (flags.torrents.length !== 1 || flags.list.length + flags.watch.length > 0)
        return invalid("with --create nothing but one file or folder is named")
      if (flags.files.length > 0 || flags.not.length > 0)
        return invalid("--files and --not choose among the files of a torrent that there is, not of one that is made")
      return Option.contains(flags.save, "-")
        ? invalid("with --create --save is a file: what happens is told on the standard output")
        : Effect.andThen(
            oneOutput({ ...flags, by: "save", file: flags.save, usually: false }),
            consistent(flags, { seeds: true, hasWebSeeds: false }),
          )
    }
    const given = creationGiven(flags)
    return given === undefined
      ? Effect.andThen(someGiven(flags), consistent(flags, { seeds: true, hasWebSeeds: false }))
      : invalid(`--${given} belongs to --create`)
  }),
  Command.withDescription("Serve what of a torrent is on the disk, until Ctrl-C or a goal; a part is served as a part"),
  Command.withExamples([
    { command: "unchoke seed ubuntu.torrent ~/Downloads" },
    { command: "unchoke seed ~/Torrents/*.torrent ~/Downloads", description: "Several: the folder comes last" },
    { command: "unchoke seed ubuntu.torrent ~/Downloads --ratio 2 --upload-limit 1MiB --port 51413" },
    {
      command: "unchoke seed --watch ~/Torrents ~/Downloads",
      description: "Whatever appears in a folder, of what is in another",
    },
    {
      command: "unchoke seed --create ./folder --tracker udp://tracker.example.org:6969/announce",
      description: "Make a torrent of it and serve it",
    },
  ]),
  Command.provide((flags) =>
    Layer.merge(engineWith({ ...trackerOptionsOf(flags), ...sessionOptionsOf(flags) }), observedBy(flags)),
  ),
)

/** A torrent of what was named, and that served. */
const createdAndServed = Effect.fnUntraced(function* (flags: Flags) {
  const torrent = flags.torrents[0]!
  const told = explained({ ...flags, torrent }, failureOfCreation)
  const began = yield* Screen.monotonic
  const made = yield* created(torrent, flags, Option.getOrUndefined(flags.save)).pipe(told)
  yield* sayCreated(made, flags, (yield* Screen.monotonic) - began)
  const asked = { ...sourcesOf(flags), deadlines: deadlinesOf(flags.deadlines) }
  yield* served(made.content, asked, flags, { began: yield* Screen.monotonic, place: alone }).pipe(
    told,
    aboutTorrent(made.content.torrent, flags),
  )
})

/** One torrent, to its goal. */
const one = Effect.fnUntraced(function* (
  source: Torrent | MagnetLink.MagnetLink,
  folder: string,
  flags: Flags,
  place: Place,
) {
  const began = yield* Screen.monotonic
  const asked = { ...sourcesOf(flags, isLink(source) ? source : undefined), deadlines: deadlinesOf(flags.deadlines) }
  const known = yield* described(source, { folder, ...asked }, flags.json, place)
  yield* place.enter(known)
  const sources = [...asked.sources, ...(isLink(source) ? peersIn(source) : [])]
  const files = filesWanted(flags) ?? (isLink(source) ? selected(source) : undefined)
  yield* served(yield* contentPlace(known, folder), { ...asked, sources, files }, flags, { began, place })
})

/** The disk is looked at for so many at once: it gives no more for being asked by everybody. */
const looksAtOnce = 2

/** The same for each of several: what is there is looked at in turn, and all of them are served. */
const workOf = (flags: Flags, folder: string) => ({
  one: (source: Torrent | MagnetLink.MagnetLink, place: Place) => one(source, folder, flags, place),
  what: "seed" as const,
  isThrough: (event: DownloadEvent): Stage | undefined => {
    // Nobody knows what the torrent of a link is.
    if (event._tag === "Waiting") return "running"
    return event._tag === "Checking" && event.checked === event.pieces ? "seeding" : undefined
  },
  again: (error: Failure, torrent: Torrent | undefined, tries: number) => {
    const isAbsent = error._tag === "NothingToSeed" || (error._tag === "StorageError" && error.reason === "not found")
    return isAbsent && torrent !== undefined ? onceThere(torrent, folder) : laterForPeers(error, tries)
  },
  inWords: failureOfPlace,
})

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
  readonly view: boolean
}

/** `began` is when the command was started, or when the torrent was made. */
const served = Effect.fnUntraced(function* (
  { folder, seen, torrent }: Content,
  asked: Partial<SeedOptions>,
  flags: Serving,
  { began, place }: { readonly began: number; readonly place: Place },
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
  const transfer = { torrent: () => torrent, task, folder: () => folder, began, isOneOfMany: place.isShared }
  yield* follow(unlessNothing(place.through(events), torrent, folder), transfer, flags)
})

/** Fails when the look at the disk has found nothing. */
const unlessNothing = <E>(events: Stream.Stream<DownloadEvent, E>, { name }: Torrent, folder: string) =>
  Stream.tap(events, (event) =>
    event._tag === "Checking" && event.checked === event.pieces && event.present === 0
      ? Effect.fail(new NothingToSeed({ name, folder }))
      : Effect.void,
  )

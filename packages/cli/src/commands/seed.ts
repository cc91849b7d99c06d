/** `unchoke seed`: serve what is there. */
import { Effect, Option, Stream } from "effect"
import { Argument, Command } from "effect/cli"
import { type DownloadEvent, peersIn, type Torrent, Unchoke } from "@unchoke/engine"
import { contentPlace } from "../contentPlace.ts"
import { engineWith } from "../engine.ts"
import { NothingToSeed } from "../NothingToSeed.ts"
import { failureOfPlace } from "../render/failure.ts"
import * as Screen from "../Screen.ts"
import { isLink, readSource } from "../torrentFile.ts"
import { consistent } from "./consistent.ts"
import { described } from "./described.ts"
import { explained } from "./explained.ts"
import {
  anyPath,
  asTyped,
  deadlinesOf,
  describeDeadlines,
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

export const seed = Command.make(
  "seed",
  {
    torrent,
    folder,
    ...sources,
    ...goals(),
    ...seedLimits,
    encryption,
    recheck,
    json: jsonLines,
    quiet,
    deadlines: describeDeadlines,
  },
  Effect.fn("seed")(
    function* (flags) {
      const began = yield* Screen.monotonic
      const source = yield* readSource(flags.torrent, flags)
      const deadlines = deadlinesOf(flags.deadlines)
      const asked = { ...sourcesOf(flags, isLink(source) ? source : undefined), deadlines }
      const known = yield* described(source, { folder: flags.folder, ...asked }, flags.json)
      const { folder, torrent } = yield* contentPlace(known, flags.folder)
      const goal = seedGoalOf(flags)
      const events = (yield* Unchoke).seed(torrent, {
        folder,
        ...asked,
        sources: [...asked.sources, ...(isLink(source) ? peersIn(source) : [])],
        ...goal,
        maxPeers: Option.getOrUndefined(flags.maxPeers),
        recheck: flags.recheck,
      })
      const task = { strategy: undefined, seed: goal }
      yield* follow(unlessNothing(events, torrent, folder), { torrent: () => torrent, task, folder, began }, flags)
    },
    (command, flags) => explained(flags, failureOfPlace)(command),
  ),
).pipe(
  Command.validate((flags) => consistent(flags, { seeds: true, hasWebSeeds: false })),
  Command.withDescription("Serve what of a torrent is on the disk, until Ctrl-C or a goal; a part is served as a part"),
  Command.withExamples([
    { command: "unchoke seed ubuntu.torrent ~/Downloads" },
    { command: "unchoke seed ubuntu.torrent ~/Downloads --ratio 2 --upload-limit 1MiB --port 51413" },
  ]),
  Command.provide((flags) => engineWith({ ...trackerOptionsOf(flags), ...sessionOptionsOf(flags) })),
)

/** Fails when the look at the disk has found nothing. */
const unlessNothing = <E>(events: Stream.Stream<DownloadEvent, E>, { name }: Torrent, folder: string) =>
  Stream.tap(events, (event) =>
    event._tag === "Checking" && event.checked === event.pieces && event.present === 0
      ? Effect.fail(new NothingToSeed({ name, folder }))
      : Effect.void,
  )

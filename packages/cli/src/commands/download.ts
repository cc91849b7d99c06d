/** `unchoke download`: fetch it from those who will really give it to us, and give it back. */
import { Effect, Layer, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { relative } from "node:path"
import type { MagnetLink } from "@unchoke/protocol"
import { type DownloadEvent, type Torrent, Unchoke } from "@unchoke/engine"
import { aboutTorrent } from "../aboutTorrent.ts"
import { engineWith } from "../engine.ts"
import { safe } from "../render/text.ts"
import * as Screen from "../Screen.ts"
import { isLink, readSource } from "../torrentFile.ts"
import { workingFolderIsGone } from "../workingFolder.ts"
import * as Afterwards from "../afterwards/Afterwards.ts"
import { canBeRun } from "../afterwards/canBeRun.ts"
import { afterwardsFlags } from "../afterwards/flags.ts"
import { filesWanted } from "../choice/filesWanted.ts"
import { laterForPeers } from "../many/Again.ts"
import { many } from "../many/many.ts"
import { alone, type Place } from "../many/Place.ts"
import type { Stage } from "../many/Tally.ts"
import { consistent } from "./consistent.ts"
import { explained } from "./explained.ts"
import { observedBy, observing } from "./observing.ts"
import {
  anyPath,
  asTyped,
  choice,
  deadlinesOf,
  downloadDeadlines,
  fact,
  jsonLines,
  noWebSeeds,
  quiet,
  recheck,
  sources,
  sourcesOf,
  trackerOptionsOf,
  view,
} from "./options.ts"
import { wholeFromText } from "./quantities.ts"
import { encryption, goals, limits, seedGoalOf, sessionOptionsOf } from "./sharing.ts"
import { countOf, given, onlyOne, several, someGiven, torrents, watching } from "./several.ts"
import { follow } from "./transfer.ts"

export const output = Flag.Path("output", anyPath).pipe(
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

const strategy = Flag.Literals("strategy", ["swarm", "race", "sequence"]).pipe(
  Flag.withMetavar("swarm|race|sequence"),
  Flag.withDefault("swarm"),
  Flag.withDescription(
    "From everybody who has something; or from one complete peer at a time, found in a race or one by one, and from web seeds when no peer is left (default: swarm)",
  ),
)

const mostLinks = 50

const links = Flag.String("links").pipe(
  Flag.withMetavar(`1..${mostLinks}`),
  Flag.withDescription("With --strategy race or sequence: how many peers to download from at once (default: 1)"),
  Flag.filterMap(wholeFromText(1, mostLinks), () => `a whole number from 1 to ${mostLinks}, such as 3`),
  Flag.optional,
)

const sequential = fact(
  "sequential",
  "Fetch it in the order of its bytes, not the rarest pieces first; to watch it meanwhile, use `unchoke stream`",
)

const seed = fact("seed", "Stay when all is there, and serve it until Ctrl-C or a goal")

export const overwrite = fact(
  "overwrite",
  "Replace files that are in the way and not this torrent's, each when its successor is complete",
)

const flags = {
  torrents,
  ...several,
  output,
  ...choice,
  ...sources,
  noWebSeeds,
  strategy,
  links,
  sequential,
  seed,
  ...goals("; implies --seed"),
  ...afterwardsFlags,
  ...limits,
  encryption,
  recheck,
  overwrite,
  ...observing,
  json: jsonLines,
  quiet,
  view,
  deadlines: downloadDeadlines,
}
type Flags = Command.Command.Config.Infer<typeof flags>

export const download = Command.make(
  "download",
  flags,
  Effect.fn("download")(function* (typed) {
    const flags = { ...typed, command: "download" as const }
    const only = onlyOne(flags)
    if (only === undefined) {
      const opening = watching(flags, `downloaded into ${safe(flags.output)}`)
      return yield* many(given(flags), workOf(flags), { ...flags, certain: countOf(flags), opening })
    }
    const told = explained({ ...flags, torrent: only })
    const source = yield* readSource(only, flags).pipe(told)
    yield* one(source, flags, alone).pipe(told, aboutTorrent(source, flags))
  }),
).pipe(
  Command.validate((flags) => someGiven(flags)),
  Command.validate((flags) => canBeRun(flags)),
  Command.validate((flags) => consistent(flags, { seeds: false, hasWebSeeds: true })),
  Command.withDescription("Download from everybody who will really give us something, and give back meanwhile"),
  Command.withExamples([
    { command: "unchoke download ubuntu.torrent --output ~/Downloads", description: "Peers come from its trackers" },
    {
      command: 'unchoke download series.torrent --files "*.mkv" --files 1-3 --not "*sample*"',
      description: "Some of its files; another choice goes on from what is there",
    },
    { command: 'unchoke download "magnet:?xt=urn:btih:…"', description: "Peers are asked first what the torrent is" },
    {
      command: "unchoke download ubuntu.torrent --ratio 1.5 --seed-time 2h --upload-limit 500KiB",
      description: "Give it back one and a half times, for two hours at most",
    },
    {
      command: 'unchoke download a.torrent b.torrent "magnet:?xt=urn:btih:…" --jobs 3',
      description: "Several, three at a time",
    },
    {
      command: "unchoke download --watch ~/Torrents --output ~/Downloads --seed",
      description: "Whatever appears in a folder",
    },
    {
      command: "unchoke download ubuntu.torrent --peer 127.0.0.1:51413 --peer [::1]:6881 --no-tracker",
      description: "From these peers alone",
    },
  ]),
  Command.provide((flags) =>
    Layer.merge(engineWith({ ...trackerOptionsOf(flags), ...sessionOptionsOf(flags) }), observedBy(flags)),
  ),
)

/** One torrent, to its end. */
const one = Effect.fnUntraced(function* (source: Torrent | MagnetLink.MagnetLink, flags: Flags, place: Place) {
  const began = yield* Screen.monotonic
  const unchoke = yield* Unchoke
  let torrent = isLink(source) ? undefined : source
  const goal = seedOf(flags)
  const shared = {
    ...sourcesOf(flags, isLink(source) ? source : undefined),
    files: filesWanted(flags),
    maxPeers: Option.getOrUndefined(flags.maxPeers),
  }
  const after = yield* Afterwards.of(flags, {
    torrent: () => torrent,
    output: flags.output,
    goal,
    seed: (torrent, folder, goal) => unchoke.seed(torrent, { ...shared, folder, ...goal }),
    json: flags.json,
  })
  const events = unchoke.download(source, {
    ...shared,
    folder: after.folder(),
    described: (known) => {
      torrent = known
      return place.enter(known)
    },
    webSeeds: !flags.noWebSeeds,
    strategy: flags.strategy,
    links: Option.getOrUndefined(flags.links),
    sequential: flags.sequential,
    seed: after.movesBeforeSeeding ? undefined : goal,
    recheck: flags.recheck,
    overwrite: flags.overwrite,
    deadlines: deadlinesOf(flags.deadlines),
  })
  const task = { strategy: flags.strategy, seed: goal }
  const transfer = { torrent: () => torrent, task, folder: after.folder, began, isOneOfMany: place.isShared }
  yield* follow(after.following(place.through(events)), transfer, flags)
})

/** The same for each of several. */
const workOf = (flags: Flags) => ({
  one: (source: Torrent | MagnetLink.MagnetLink, place: Place) => one(source, flags, place),
  what: "download" as const,
  isThrough: ({ _tag }: DownloadEvent): Stage | undefined => {
    switch (_tag) {
      case "Done":
        return seedOf(flags) === undefined ? "running" : "seeding"
      case "Waiting":
        return "running"
      default:
        return undefined
    }
  },
  again: (error: unknown, _: unknown, tries: number) => laterForPeers(error, tries),
})

/** A goal is reason enough to seed. */
const seedOf = (flags: Parameters<typeof seedGoalOf>[0] & { readonly seed: boolean }) => {
  const goal = seedGoalOf(flags)
  return flags.seed || Object.keys(goal).length > 0 ? goal : undefined
}

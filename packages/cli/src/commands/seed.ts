/** `unchoke seed`: serve what is there. */
import type { MagnetLink } from "@unchoke/protocol"
import { Effect, Option, Stream } from "effect"
import { Command } from "effect/cli"
import { aboutTorrent } from "../aboutTorrent.ts"
import { type DownloadEvent, type Torrent, Unchoke } from "unchoke"
import { contentPlace } from "../contentPlace.ts"
import { engineWith } from "../engine.ts"
import { NothingToSeed } from "../NothingToSeed.ts"
import { failureOfPlace } from "../render/failure.ts"
import * as Screen from "../Screen.ts"
import { readSource } from "../torrentFile.ts"
import { described } from "./described.ts"
import { explained } from "./explained.ts"
import { many } from "../many/many.ts"
import { alone, type Place } from "../many/Place.ts"
import type { Stage } from "../many/Tally.ts"
import { jsonLines, quiet, recheck, sources, sourcesOf, trackerOptionsOf } from "./options.ts"
import { given, list, onlyOne, placed, seeded, someGiven } from "./several.ts"
import { encryption, goals, seedGoalOf, seedLimits, sessionOptionsOf } from "./sharing.ts"
import { follow } from "./transfer.ts"

const flags = {
  torrents: seeded,
  list,
  ...sources,
  ...goals(),
  ...seedLimits,
  encryption,
  recheck,
  json: jsonLines,
  quiet,
}
type Flags = Command.Command.Config.Infer<typeof flags>

export const seed = Command.make(
  "seed",
  flags,
  Effect.fn("seed")(function* (flags) {
    const { folder = process.cwd(), ...named } = placed(flags)
    const only = onlyOne(named)
    if (only === undefined) return yield* many(given(named), workOf(flags, folder), { ...flags, jobs: looksAtOnce })
    const told = explained({ ...flags, torrent: only }, failureOfPlace)
    const source = yield* readSource(only).pipe(told)
    yield* one(source, folder, flags, alone).pipe(told, aboutTorrent(source, flags))
  }),
).pipe(
  Command.validate((flags) => someGiven(flags)),
  Command.withDescription("Serve what of a torrent is on the disk, until Ctrl-C or a goal; a part is served as a part"),
  Command.withExamples([
    { command: "unchoke seed ubuntu.torrent ~/Downloads" },
    { command: "unchoke seed ~/Torrents/*.torrent ~/Downloads", description: "Several: the folder comes last" },
    { command: "unchoke seed ubuntu.torrent ~/Downloads --ratio 2 --upload-limit 1MiB --port 51413" },
  ]),
  Command.provide((flags) => engineWith({ ...trackerOptionsOf(flags), ...sessionOptionsOf(flags) })),
)

/** One torrent, to its goal. */
const one = Effect.fnUntraced(function* (
  source: Torrent | MagnetLink.MagnetLink,
  named: string,
  flags: Flags,
  place: Place,
) {
  const began = yield* Screen.monotonic
  const known = yield* described(source, { folder: named, ...sourcesOf(flags) }, flags.json, place)
  yield* place.enter(known)
  const { folder, torrent } = yield* contentPlace(known, named)
  const goal = seedGoalOf(flags)
  const events = (yield* Unchoke).seed(torrent, {
    folder,
    ...sourcesOf(flags),
    ...goal,
    maxPeers: Option.getOrUndefined(flags.maxPeers),
    recheck: flags.recheck,
  })
  const task = { strategy: undefined, seed: goal }
  const transfer = { torrent: () => torrent, task, folder, began, isOneOfMany: place.isShared }
  yield* follow(unlessNothing(place.through(events), torrent, folder), transfer, flags)
})

/** The disk is looked at for so many at once: it gives no more for being asked by everybody. */
const looksAtOnce = 2

/** The same for each of several: what is there is looked at in turn, and all of them are served. */
const workOf = (flags: Flags, folder: string) => ({
  one: (source: Torrent | MagnetLink.MagnetLink, place: Place) => one(source, folder, flags, place),
  writes: false,
  isThrough: (event: DownloadEvent): Stage | undefined => {
    // Nobody knows what the torrent of a link is.
    if (event._tag === "Waiting") return "running"
    return event._tag === "Checking" && event.checked === event.pieces ? "seeding" : undefined
  },
  inWords: failureOfPlace,
})

/** Fails when the look at the disk has found nothing. */
const unlessNothing = <E>(events: Stream.Stream<DownloadEvent, E>, { name }: Torrent, folder: string) =>
  Stream.tap(events, (event) =>
    event._tag === "Checking" && event.checked === event.pieces && event.present === 0
      ? Effect.fail(new NothingToSeed({ name, folder }))
      : Effect.void,
  )

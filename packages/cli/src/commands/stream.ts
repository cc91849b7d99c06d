/** `unchoke stream`: watch or hear what is being downloaded. */
import type { MagnetLink } from "@unchoke/protocol"
import { Deferred, Effect, Layer, Option, Stream } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import * as Hex from "effect/encoding/Hex"
import { type DownloadEvent, type OpenTorrent, type Torrent, Unchoke } from "@unchoke/engine"
import { aboutTorrent } from "../aboutTorrent.ts"
import { engineWith } from "../engine.ts"
import { safe } from "../render/text.ts"
import * as Units from "../render/units.ts"
import * as Screen from "../Screen.ts"
import { type NumberedFile, numberedFiles, streamedFile } from "../streamedFile.ts"
import { isLink, readSource } from "../torrentFile.ts"
import { consistent } from "./consistent.ts"
import { output, overwrite } from "./download.ts"
import { explained } from "./explained.ts"
import { observedBy, observing } from "./observing.ts"
import {
  deadlinesOf,
  downloadDeadlines,
  fact,
  jsonLines,
  noWebSeeds,
  quiet,
  recheck,
  sources,
  sourcesOf,
  torrent,
  trackerOptionsOf,
  view,
} from "./options.ts"
import { portFlag } from "./portFlag.ts"
import { encryption, limits, sessionOptionsOf } from "./sharing.ts"
import { follow } from "./transfer.ts"

const file = Argument.String("file").pipe(
  Argument.withDescription("The file, by its number or its name (default: the largest that can be watched or heard)"),
  Argument.optional,
)

const httpPort = portFlag(
  "http-port",
  8080,
  "The port, on this machine alone, at which players find it (default: any that is free)",
).pipe(Flag.withDefault(0))

const open = fact("open", "Open it with what the system plays such an address with")

const flags = {
  torrent,
  file,
  output,
  httpPort,
  open,
  ...sources,
  noWebSeeds,
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

export const stream = Command.make(
  "stream",
  flags,
  Effect.fn("stream")(function* (flags) {
    const told = explained(flags)
    const source = yield* readSource(flags.torrent, flags).pipe(told)
    yield* streamed(source, flags).pipe(told, aboutTorrent(source, flags))
  }),
).pipe(
  Command.validate((flags) => consistent(flags, { seeds: false, hasWebSeeds: true })),
  Command.withDescription("Watch or hear it while it is downloaded: a server for players on this machine"),
  Command.withExamples([
    { command: "unchoke stream film.torrent --open", description: "The largest video or audio of it" },
    { command: "unchoke stream series.torrent 3", description: "Its third file, and nothing else of it" },
    { command: 'unchoke stream "magnet:?xt=urn:btih:…" --http-port 8080' },
  ]),
  Command.provide((flags) =>
    Layer.merge(engineWith({ ...trackerOptionsOf(flags), ...sessionOptionsOf(flags) }), observedBy(flags)),
  ),
)

/** Until it is interrupted. */
const streamed = Effect.fnUntraced(function* (source: Torrent | MagnetLink.MagnetLink, flags: Flags) {
  const began = yield* Screen.monotonic
  const known = yield* Deferred.make<Torrent>()
  const hopeful = yield* Deferred.make<void>()
  let torrent = isLink(source) ? undefined : source
  const { NodeFileServer } = yield* Effect.promise(() => import("../fileServer.ts"))
  const named = Option.getOrUndefined(flags.file)
  const choose = (torrent: Torrent) => streamedFile(torrent, named, NodeFileServer.isPlayable)
  // Of a torrent that is known it is said before anything else happens.
  if (torrent !== undefined) {
    yield* choose(torrent)
    yield* Deferred.succeed(known, torrent)
  }
  const opened = (yield* Unchoke).open(source, {
    folder: flags.output,
    ...sourcesOf(flags, isLink(source) ? source : undefined),
    described: (described) =>
      Effect.andThen(
        Effect.sync(() => (torrent = described)),
        Deferred.succeed(known, described),
      ),
    // Who names a file wants nothing else. That it means none is said by who serves it.
    ...(named !== undefined && {
      files: (torrent: Torrent) =>
        Effect.catch(
          Effect.map(choose(torrent), ({ place }) => [place]),
          () => Effect.never,
        ),
    }),
    webSeeds: !flags.noWebSeeds,
    maxPeers: Option.getOrUndefined(flags.maxPeers),
    recheck: flags.recheck,
    overwrite: flags.overwrite,
    deadlines: deadlinesOf(flags.deadlines),
  })
  const serving = Effect.gen(function* () {
    const torrent = yield* Deferred.await(known)
    const chosen = yield* choose(torrent)
    const served = named === undefined ? numberedFiles(torrent) : [chosen]
    const files = served.map((file) => servedFile(torrent, file, opened))
    const server = yield* NodeFileServer.serve(torrent.name, files, flags.httpPort)
    const url = server.urlOf(files[served.findIndex(({ place }) => place === chosen.place)]!)
    // Where nobody has it there is nothing to play.
    yield* Deferred.await(hopeful)
    const isPlayable = NodeFileServer.isPlayable(chosen.path.at(-1)!)
    yield* tell({ ...chosen, isPlayable }, url, served.length > 1 ? server.url : undefined, flags)
    // Some of these programs end when the player does.
    if (flags.open) yield* Effect.forkScoped(openIt(url))
    return yield* Effect.never
  }).pipe(Effect.scoped, Effect.provideService(Screen.Screen, yield* Screen.Screen))
  const task = { strategy: "swarm" as const, seed: {} }
  // What keeps it from being served ends the download, too.
  const told = Stream.tap(opened.events, (event) =>
    isHopeful(event) ? Deferred.succeed(hopeful, undefined) : Effect.void,
  )
  const events = Stream.merge(told, Stream.drain(Stream.fromEffect(serving)), {
    haltStrategy: "left",
  })
  yield* follow(events, { torrent: () => torrent, task, folder: () => flags.output, began }, flags)
})

/** Whether something is there to be played, or somebody of whom it may be had. */
const isHopeful = (event: DownloadEvent): boolean =>
  event._tag === "Joined" ||
  event._tag === "WebSeedJoined" ||
  event._tag === "Done" ||
  (event._tag === "Checking" && event.checked === event.pieces && event.present > 0)

const servedFile = ({ infoHash }: Torrent, { file, number, path, place }: NumberedFile, { read }: OpenTorrent) => ({
  number,
  path,
  length: file.length,
  tag: `${Hex.encode(infoHash)}-${place}`,
  read: (range: Parameters<typeof read>[1]) => read(place, range),
})

/** Where it is, and where the others are. */
const tell = Effect.fnUntraced(function* (
  { file, isPlayable, number, path }: NumberedFile & { readonly isPlayable: boolean },
  url: string,
  all: string | undefined,
  { json, quiet }: { readonly json: boolean; readonly quiet: boolean },
) {
  const name = path.join("/")
  if (json) {
    const others = all === undefined ? {} : { list: all }
    return yield* Screen.print(
      JSON.stringify({ _tag: "Serving", url, file: number, path: name, bytes: file.length, ...others }),
    )
  }
  if (quiet) return
  const isAt =
    file.length === 0
      ? "is empty: there is nothing to play. It is at"
      : isPlayable
        ? "is played from"
        : "is no video or audio, by its name. It is had from"
  yield* Screen.note(`${safe(name)} (${Units.bytes(file.length)}) ${isAt} this address, until Ctrl-C:`)
  yield* Screen.print(url)
  if (all !== undefined) {
    yield* Screen.note(`It is file ${number}; the others, fetched as well, are listed at ${all}`)
  }
})

const openIt = Effect.fnUntraced(function* (url: string) {
  const { openAddress } = yield* Effect.promise(() => import("../openAddress.ts"))
  const why = yield* openAddress(url)
  if (why !== undefined) yield* Screen.note(`Nothing could be opened: ${safe(why)}. Give the address to a player.`)
})

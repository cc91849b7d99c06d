/** `unchoke edit`: what stands around the description of a torrent, which stays as it is. */
import { MagnetLink, MetainfoChanges } from "@unchoke/protocol"
import { Effect, Option } from "effect"
import { CliError, Command } from "effect/cli"
import { basename } from "node:path"
import { InvalidTorrent, Torrent } from "@unchoke/engine"
import { createdJson, hex } from "../render/creation.ts"
import { safe } from "../render/text.ts"
import * as Screen from "../Screen.ts"
import { parsed, torrentBytes } from "../torrentFile.ts"
import { placeOf, write } from "../output.ts"
import { isWebAddress } from "../webAddress.ts"
import { force, output, surroundings } from "./creationFlags.ts"
import { explained } from "./explained.ts"
import { oneOutput } from "./oneOutput.ts"
import { fact, jsonObject, quiet, torrentFile } from "./options.ts"

export const edit = Command.make(
  "edit",
  {
    torrent: torrentFile,
    ...surroundings,
    noTrackers: fact("no-trackers", "Take away the trackers that it names, before those of --tracker are added"),
    noWebSeeds: fact("no-web-seeds", "Take away the web seeds that it names, before those of --web-seed are added"),
    noComment: fact("no-comment", "Take away its comment"),
    output: output("Write to this file instead, and leave the torrent as it is; - is the standard output"),
    force,
    json: jsonObject,
    quiet,
  },
  Effect.fn("edit")(
    function* (flags) {
      const bytes = yield* torrentBytes(flags.torrent, { ...flags, insecureTracker: false })
      yield* parsed(bytes)
      const changed = yield* Effect.mapError(
        Effect.fromResult(MetainfoChanges.apply(bytes, changesOf(flags))),
        (fault) => new InvalidTorrent(fault),
      )
      const after = yield* parsed(changed)
      const { torrent } = flags
      const place = yield* Option.match(flags.output, {
        onSome: (output) => placeOf(output, basename(torrent), flags.force),
        onNone: () => placeOf(torrent, basename(torrent), true),
      })
      yield* write(place, changed)
      if (flags.json) return yield* Screen.print(JSON.stringify(createdJson({ torrent: after, path: place.path })))
      if (flags.quiet) return
      const say = place.path === "-" ? Screen.note : Screen.say
      yield* say(
        `Wrote ${place.path === "-" ? "the torrent to stdout" : safe(place.path)}; the info hash is still ${hex(after.infoHash)}.`,
      )
      if (after.private && after.trackers.length === 0) yield* Screen.note(lonely)
      yield* say(MagnetLink.toString(Torrent.toLink(after)))
    },
    (command, flags) => explained(flags)(command),
  ),
).pipe(
  Command.validate((flags) => {
    const invalid = (message: string) => Effect.fail(new CliError.ValidationError({ message }))
    if (Object.values(changesOf(flags)).every((change) => change === undefined)) {
      return invalid("nothing is to be changed: give --tracker, --web-seed, --comment, or one of their opposites")
    }
    if (Option.isSome(flags.comment) && flags.noComment)
      return invalid("--comment and --no-comment contradict each other")
    if (isWebAddress(flags.torrent) && Option.isNone(flags.output))
      return invalid("say with --output where to write it")
    return oneOutput({ ...flags, by: "output", file: flags.output, usually: false })
  }),
  Command.withDescription("Change the trackers, web seeds or comment of a torrent; its info hash stays"),
  Command.withExamples([
    { command: "unchoke edit film.torrent --tracker udp://tracker.example.org:6969/announce" },
    { command: "unchoke edit film.torrent --no-trackers --web-seed https://example.org/film.mkv -o other.torrent" },
  ]),
)

const lonely = "It is private and names no tracker: nobody can be found who has it."

interface Changing {
  readonly tracker: ReadonlyArray<ReadonlyArray<string>>
  readonly webSeed: ReadonlyArray<string>
  readonly comment: Option.Option<string>
  readonly noTrackers: boolean
  readonly noWebSeeds: boolean
  readonly noComment: boolean
}

const changesOf = (flags: Changing): MetainfoChanges.Changes => ({
  withoutTrackers: flags.noTrackers || undefined,
  trackers: flags.tracker.length > 0 ? flags.tracker : undefined,
  withoutWebSeeds: flags.noWebSeeds || undefined,
  webSeeds: flags.webSeed.length > 0 ? flags.webSeed : undefined,
  comment: flags.noComment ? null : Option.getOrUndefined(flags.comment),
})

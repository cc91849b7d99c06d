/** `unchoke verify`: is it all there, and right? */
import { Bitfield } from "@unchoke/protocol"
import { Effect, Path, Schema, Stream } from "effect"
import { Argument, Command } from "effect/cli"
import { chosen, FileChoice, type FoundFile, type Torrent, Unchoke } from "@unchoke/engine"
import { aboutTorrent } from "../aboutTorrent.ts"
import { filesWanted } from "../choice/filesWanted.ts"
import { contentPlace } from "../contentPlace.ts"
import { engine } from "../engine.ts"
import { checkLine } from "../render/checkLine.ts"
import { failureOfPlace } from "../render/failure.ts"
import { troubles, verifyJson, verifyReport } from "../render/verifyReport.ts"
import * as Screen from "../Screen.ts"
import { readTorrent } from "../torrentFile.ts"
import { explained } from "./explained.ts"
import { anyPath, asTyped, choice, insecureTracker, jsonObject, quiet, torrentFile } from "./options.ts"

/** Something is missing or damaged. It has been said already. */
export class NotAllThere extends Schema.TaggedError<NotAllThere>()("NotAllThere", { files: Schema.Int }) {}

const folder = Argument.Path("folder", anyPath).pipe(
  Argument.map(asTyped),
  Argument.withDescription(
    "The folder that the torrent's file or folder is in (the --output of its download), or that itself",
  ),
)

export const verify = Command.make(
  "verify",
  { torrent: torrentFile, folder, ...choice, insecureTracker, json: jsonObject, quiet },
  Effect.fn("verify")(function* (flags) {
    const { join } = yield* Path.Path
    const { out } = yield* Screen.Screen
    const told = explained(flags, failureOfPlace)
    const asMade = yield* readTorrent(flags.torrent, flags).pipe(told)
    const { choice, folder, found, isRenamed, present, torrent } = yield* inspect(asMade, flags).pipe(
      told,
      aboutTorrent(asMade, flags),
    )
    const path = asTyped(join(folder, torrent.name))
    if (flags.json) yield* Screen.print(JSON.stringify(verifyJson(torrent, present, found, choice)))
    else if (!flags.quiet) {
      const place = { path, folder, isRenamed, torrentFile: flags.torrent }
      yield* Screen.say(verifyReport(torrent, present, found, place, out, choice).join("\n"))
    }
    if (found.length > 0) return yield* new NotAllThere({ files: found.length })
  }),
).pipe(
  Command.withDescription(
    "Check every piece of a torrent in a folder, or of the files that were chosen; names the files that are missing, unfinished or damaged",
  ),
  Command.withExamples([{ command: "unchoke verify ubuntu.torrent ~/Downloads" }]),
  Command.provide(engine),
)

const inspect = Effect.fnUntraced(function* (
  asMade: Torrent,
  flags: {
    readonly folder: string
    readonly json: boolean
    readonly quiet: boolean
    readonly files: ReadonlyArray<string>
    readonly not: ReadonlyArray<string>
  },
) {
  const { torrent, folder } = yield* contentPlace(asMade, flags.folder)
  const wanted = yield* chosen(torrent, filesWanted(flags))
  const checking = check(torrent, folder)
  const checked = yield* flags.json || flags.quiet
    ? Effect.provideServiceEffect(checking, Screen.Screen, Screen.silent)
    : checking
  const there = yield* (yield* Unchoke).inspect(torrent, folder)
  const isRenamed = torrent.name !== asMade.name
  const said = flags.files.length > 0 || flags.not.length > 0
  const choice = said ? wanted : remembered(torrent, there)
  const found = troubles(torrent, checked, there, choice)
  return { torrent, folder, isRenamed, choice, present: checked.present, found }
})

/** What the last download into the folder was about, where that was not all. */
const remembered = (torrent: Torrent, there: ReadonlyArray<FoundFile>): FileChoice | undefined => {
  const choice = new FileChoice(
    torrent,
    [...there.keys()].filter((file) => there[file]!.chosen),
  )
  return choice.isAll ? undefined : choice
}

const check = Effect.fnUntraced(function* (torrent: Torrent, folder: string) {
  const { pieces } = torrent.geometry
  const present = Bitfield.Bitfield.empty(pieces)
  const unreadable = new Map<number, string>()
  let checked = 0
  const since = { at: yield* Screen.monotonic, checked: 0 }
  yield* Screen.follow((now, columns, style) => checkLine({ pieces, checked, since }, now, columns, style))
  yield* Stream.runForEach((yield* Unchoke).verify(torrent, folder), (piece) =>
    Effect.sync(() => {
      checked++
      if (piece.present) present.add(piece.piece)
      if (piece.unreadable !== undefined) unreadable.set(piece.piece, piece.unreadable)
    }),
  )
  return { present, unreadable }
}, Effect.scoped)

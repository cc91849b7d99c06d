/** `unchoke show`: what is in a torrent. */
import { MagnetLink, Metainfo } from "@unchoke/protocol"
import { Effect, FileSystem, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { chosen, selected, Torrent } from "unchoke"
import { filesWanted } from "../choice/filesWanted.ts"
import { engineWith } from "../engine.ts"
import { torrentJson, torrentSheet } from "../render/torrentSheet.ts"
import * as Screen from "../Screen.ts"
import { isLink, platformInWords, readSource, Unwritable } from "../torrentFile.ts"
import { safe } from "../render/text.ts"
import { described } from "./described.ts"
import { explained } from "./explained.ts"
import {
  anyPath,
  asTyped,
  choice,
  fact,
  jsonObject,
  type SourceFlags,
  sources,
  sourcesOf,
  torrent,
  trackerOptionsOf,
} from "./options.ts"

const magnet = fact("magnet", "Print a magnet link for it instead")

const save = Flag.Path("save", anyPath).pipe(
  Flag.withMetavar("file"),
  Flag.map(asTyped),
  Flag.withDescription("Write it to a .torrent file, which must not be there yet"),
  Flag.optional,
)

const files = choice.files.pipe(
  Flag.withDescription(
    "List every file with its number; with a glob or numbers, mark those that they choose, as for a download; as often as you like",
  ),
)

export const show = Command.make(
  "show",
  { torrent, ...sources, files, not: choice.not, magnet, save, json: jsonObject },
  Effect.fn("show")(
    function* (flags) {
      const { out } = yield* Screen.Screen
      const source = yield* readSource(flags.torrent)
      const torrent = yield* isLink(source) ? asked(source, flags) : Effect.succeed(source)
      if (Option.isSome(flags.save)) return yield* saved(torrent, flags.save.value)
      if (flags.magnet) return yield* Screen.print(MagnetLink.toString(Torrent.toLink(torrent)))
      const choosing = filesWanted(flags)
      // Who wants to see what there is is not told that the link names what there is not.
      const linked = isLink(source)
        ? Effect.orElseSucceed(chosen(torrent, selected(source)), () => undefined)
        : undefined
      const choice = yield* choosing === undefined && linked !== undefined ? linked : chosen(torrent, choosing)
      const allFiles = flags.files.length > 0 || choice !== undefined
      const lines = flags.json ? torrentJson(torrent, choice) : torrentSheet(torrent, allFiles, out, choice)
      yield* Effect.forEach(pages(lines), flags.json ? Screen.print : Screen.say, { discard: true })
    },
    (command, flags) => explained(flags)(command),
  ),
).pipe(
  Command.withDescription("Show what is in a torrent; of a magnet link peers are asked what it is"),
  Command.withExamples([
    { command: "unchoke show ubuntu.torrent" },
    { command: 'unchoke show series.torrent --files "*.mkv" --not "*sample*"', description: "What that would choose" },
    { command: 'unchoke show "magnet:?xt=urn:btih:…" --save ubuntu.torrent' },
  ]),
)

const asked = (link: MagnetLink.MagnetLink, flags: Parameters<typeof trackerOptionsOf>[0] & SourceFlags) =>
  described(link, { folder: process.cwd(), ...sourcesOf(flags, link) }, false).pipe(
    Effect.provide(engineWith(trackerOptionsOf(flags))),
  )

/** Writes the torrent to a file that is not there yet. */
const saved = Effect.fnUntraced(function* (torrent: Torrent, path: string) {
  const fs = yield* FileSystem.FileSystem
  yield* fs
    .writeFile(path, Metainfo.toBytes(torrent), { flag: "wx" })
    .pipe(Effect.mapError((error) => new Unwritable({ path, why: platformInWords(error) })))
  yield* Screen.say(`${safe(torrent.name)} is saved as ${safe(path)}.`)
})

/** So many lines are written at once. */
const pageLength = 1000

const pages = function* (lines: Iterable<string>): Generator<string> {
  let page: Array<string> = []
  for (const line of lines) {
    if (page.push(line) < pageLength) continue
    yield page.join("\n")
    page = []
  }
  if (page.length > 0) yield page.join("\n")
}

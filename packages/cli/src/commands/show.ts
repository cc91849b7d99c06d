/** `unchoke show`: what is in a torrent. */
import { MagnetLink, Metainfo } from "@unchoke/protocol"
import { Effect, FileSystem, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { Torrent } from "unchoke"
import { aboutTorrent } from "../aboutTorrent.ts"
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

const files = fact("files", "List every file, however many there are")

export const show = Command.make(
  "show",
  { torrent, ...sources, files, magnet, save, json: jsonObject },
  Effect.fn("show")(function* (flags) {
    const { out } = yield* Screen.Screen
    const told = explained(flags)
    const source = yield* readSource(flags.torrent).pipe(told)
    const about = aboutTorrent(source, flags)
    const torrent = isLink(source) ? yield* asked(source, flags).pipe(told, about) : source
    if (Option.isSome(flags.save)) return yield* saved(torrent, flags.save.value).pipe(told, about)
    if (flags.magnet) return yield* Screen.print(MagnetLink.toString(Torrent.toLink(torrent)))
    const lines = flags.json ? torrentJson(torrent) : torrentSheet(torrent, flags.files, out)
    yield* Effect.forEach(pages(lines), flags.json ? Screen.print : Screen.say, { discard: true })
  }),
).pipe(
  Command.withDescription("Show what is in a torrent; of a magnet link peers are asked what it is"),
  Command.withExamples([
    { command: "unchoke show ubuntu.torrent" },
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

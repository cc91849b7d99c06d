/** `unchoke show`: what is in a torrent. */
import { MagnetLink, Metainfo } from "@unchoke/protocol"
import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { aboutTorrent } from "../aboutTorrent.ts"
import * as Hex from "effect/encoding/Hex"
import { chosen, type Encryption, selected, Torrent } from "@unchoke/engine"
import { filesWanted } from "../choice/filesWanted.ts"
import { engineWith } from "../engine.ts"
import { torrentJson, torrentSheet } from "../render/torrentSheet.ts"
import * as Screen from "../Screen.ts"
import { isLink, readSource } from "../torrentFile.ts"
import { nameFor, placeOf, write } from "../output.ts"
import { safe } from "../render/text.ts"
import { consistent } from "./consistent.ts"
import { force } from "./creationFlags.ts"
import { described } from "./described.ts"
import { explained } from "./explained.ts"
import { encryption, sessionOptionsOf } from "./sharing.ts"
import { oneOutput } from "./oneOutput.ts"
import {
  anyPath,
  fileAsTyped,
  choice,
  deadlinesOf,
  describeDeadlines,
  fact,
  jsonObject,
  type PlatformFlags,
  type SourceFlags,
  sources,
  sourcesOf,
  torrent,
  trackerOptionsOf,
} from "./options.ts"

const magnet = fact("magnet", "Print a magnet link for it instead")

const save = Flag.Path("save", anyPath).pipe(
  Flag.withMetavar("file"),
  Flag.map(fileAsTyped),
  Flag.withDescription("Write it to a .torrent file, or into a folder; - is the standard output"),
  Flag.optional,
)

const files = choice.files.pipe(
  Flag.withDescription(
    "List every file with its number; with a glob or numbers, mark those that they choose, as for a download; as often as you like",
  ),
)

const passKeys = fact(
  "pass-keys",
  "Show the URLs of trackers and web seeds whole, with the pass keys by which private ones know their users",
)

export const show = Command.make(
  "show",
  {
    torrent,
    ...sources,
    files,
    not: choice.not,
    passKeys,
    magnet,
    save,
    force,
    encryption,
    json: jsonObject,
    deadlines: describeDeadlines,
  },
  Effect.fn("show")(function* (flags) {
    const { out } = yield* Screen.Screen
    const told = explained(flags)
    const source = yield* readSource(flags.torrent, flags).pipe(told)
    const about = aboutTorrent(source, flags)
    const torrent = isLink(source) ? yield* asked(source, flags).pipe(told, about) : source
    if (Option.isSome(flags.save)) return yield* saved(torrent, flags.save.value, flags).pipe(told, about)
    if (flags.magnet) {
      const link = MagnetLink.toString(Torrent.toLink(torrent))
      return yield* Screen.print(flags.json ? jsonOf(torrent, { magnet: link }) : link)
    }
    const choosing = filesWanted(flags)
    // Who wants to see what there is is not told that the link names what there is not.
    const linked = isLink(source)
      ? yield* Effect.orElseSucceed(chosen(torrent, selected(source)), () => undefined)
      : undefined
    const choice =
      choosing === undefined && linked !== undefined ? linked : yield* chosen(torrent, choosing).pipe(told, about)
    const allFiles = flags.files.length > 0 || choice !== undefined
    const showUrl = flags.passKeys ? (url: string) => url : undefined
    const lines = flags.json
      ? torrentJson(torrent, choice, showUrl)
      : torrentSheet(torrent, allFiles, out, choice, showUrl)
    yield* Effect.forEach(pages(lines), flags.json ? Screen.print : Screen.say, { discard: true })
  }),
).pipe(
  Command.validate((flags) => consistent(flags, { seeds: false, hasWebSeeds: false })),
  Command.validate((flags) => oneOutput({ ...flags, by: "save", file: flags.save, usually: false })),
  Command.withDescription("Show what is in a torrent; of a magnet link peers are asked what it is"),
  Command.withExamples([
    { command: "unchoke show ubuntu.torrent" },
    { command: 'unchoke show series.torrent --files "*.mkv" --not "*sample*"', description: "What that would choose" },
    { command: 'unchoke show "magnet:?xt=urn:btih:…" --save ubuntu.torrent' },
  ]),
)

interface AskFlags extends SourceFlags, PlatformFlags {
  readonly encryption: Option.Option<Encryption.Policy>
  readonly deadlines: Parameters<typeof deadlinesOf>[0]
}

const asked = (link: MagnetLink.MagnetLink, flags: AskFlags) =>
  described(
    link,
    { folder: process.cwd(), ...sourcesOf(flags, link), deadlines: deadlinesOf(flags.deadlines) },
    false,
  ).pipe(
    Effect.provide(engineWith({ ...trackerOptionsOf(flags), ...sessionOptionsOf({ encryption: flags.encryption }) })),
  )

/** What was done with a torrent, in one line. */
const jsonOf = ({ infoHash, name }: Torrent, what: object): string =>
  JSON.stringify({ name, infoHash: Hex.encode(infoHash), ...what })

const saved = Effect.fnUntraced(function* (
  torrent: Torrent,
  output: string,
  { force, json }: { readonly force: boolean; readonly json: boolean },
) {
  const place = yield* placeOf(output, nameFor(torrent.name), force)
  yield* write(place, Metainfo.toBytes(torrent))
  const { path } = place
  if (json) return yield* Screen.print(jsonOf(torrent, { saved: path }))
  yield* path === "-"
    ? Screen.note(`Wrote ${safe(torrent.name)} to stdout.`)
    : Screen.say(`${safe(torrent.name)} is saved as ${safe(path)}.`)
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

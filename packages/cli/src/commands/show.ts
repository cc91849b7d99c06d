/** `unchoke show`: what is in a torrent. */
import { Effect } from "effect"
import { Command } from "effect/cli"
import { torrentJson, torrentSheet } from "../render/torrentSheet.ts"
import * as Screen from "../Screen.ts"
import { readTorrent } from "../torrentFile.ts"
import { explained } from "./explained.ts"
import { fact, jsonObject, torrent } from "./options.ts"

const files = fact("files", "List every file, however many there are")

export const show = Command.make(
  "show",
  { torrent, files, json: jsonObject },
  Effect.fn("show")(
    function* (flags) {
      const { out } = yield* Screen.Screen
      const torrent = yield* readTorrent(flags.torrent)
      const lines = flags.json ? torrentJson(torrent) : torrentSheet(torrent, flags.files, out)
      yield* Effect.forEach(pages(lines), flags.json ? Screen.print : Screen.say, { discard: true })
    },
    (command, flags) => explained(flags)(command),
  ),
).pipe(Command.withDescription("Show what is in a torrent"))

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

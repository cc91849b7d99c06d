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
      yield* flags.json
        ? Screen.print(JSON.stringify(torrentJson(torrent), undefined, 2))
        : Screen.say(torrentSheet(torrent, flags.files, out).join("\n"))
    },
    (command, flags) => explained(flags)(command),
  ),
).pipe(Command.withDescription("Show what is in a torrent"))

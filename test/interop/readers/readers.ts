/** What other people's programs read in a torrent: the judges of our own reading. */
import { Effect, Schema } from "effect"
import { fileURLToPath } from "node:url"
import { output, ProcessFailed } from "../Process.ts"
import { python } from "../Tool.ts"

/** What libtorrent sees: everything that a download depends on. */
export const Reading = Schema.Struct({
  /** Hex, over the raw bytes of `info`. */
  infoHash: Schema.String,
  name: Schema.String,
  private: Schema.Boolean,
  pieceLength: Schema.Number,
  /** SHA-1 in hex, one for each piece. */
  pieceHashes: Schema.Array(Schema.String),
  files: Schema.Array(
    Schema.Struct({
      path: Schema.String,
      offset: Schema.Number,
      length: Schema.Number,
      padding: Schema.Boolean,
    }),
  ),
  trackers: Schema.Array(Schema.Array(Schema.String)),
})
export type Reading = typeof Reading.Type

export const byLibtorrent = (torrent: string) =>
  Effect.flatMap(output(python, [libtorrentShow, torrent]), Schema.decodeUnknownEffect(Schema.fromJsonString(Reading)))

/** The info hash in hex, as `transmission-show` prints it. */
export const infoHashByTransmission = (torrent: string) => printed("transmission-show", [torrent], /Hash: (.*)/)

/** The info hash in hex, as `aria2c --show-files` prints it. */
export const infoHashByAria2 = (torrent: string) => printed("aria2c", ["--show-files", torrent], /Info Hash: (.*)/)

const printed = Effect.fnUntraced(function* (command: string, args: ReadonlyArray<string>, pattern: RegExp) {
  const text = yield* output(command, args)
  const found = pattern.exec(text)?.[1]
  if (found !== undefined) return found
  return yield* new ProcessFailed({ command, what: `printed nothing like ${pattern}`, output: text })
})

const libtorrentShow = fileURLToPath(new URL("libtorrent-show.py", import.meta.url))

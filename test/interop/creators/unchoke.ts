/** The command under test. */
import { Effect } from "effect"
import { output } from "../Process.ts"
import { cli } from "../unchoke.ts"
import type { Creator } from "./Creator.ts"

/** With these flags besides. */
export const unchokeCreate = (...flags: ReadonlyArray<string>): Creator => ({
  name: "unchoke",
  tools: [],
  listsEmptyFiles: true,
  create: (torrent) =>
    output(process.execPath, [
      cli,
      "create",
      ...torrent.trackers.flatMap((tracker) => ["--tracker", tracker]),
      "--piece-length",
      String(torrent.pieceLength),
      "--output",
      torrent.output,
      ...(torrent.private ? ["--private"] : []),
      ...flags,
      torrent.source,
    ]).pipe(Effect.asVoid),
})

/** mktorrent 1.1. */
import { Effect } from "effect"
import { output } from "../Process.ts"
import { command } from "../Tool.ts"
import type { Creator } from "./Creator.ts"

export const mktorrent: Creator = {
  name: "mktorrent",
  tools: [command("mktorrent")],
  listsEmptyFiles: true,
  create: (torrent) =>
    output("mktorrent", [
      ...torrent.trackers.flatMap((tracker) => ["--announce", tracker]),
      "--piece-length",
      String(Math.log2(torrent.pieceLength)),
      "--output",
      torrent.output,
      ...(torrent.private ? ["--private"] : []),
      torrent.source,
    ]).pipe(Effect.asVoid),
}

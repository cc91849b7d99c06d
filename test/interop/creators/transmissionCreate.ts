/** transmission-create 3.00. It leaves files without bytes out of the torrent. */
import { Effect } from "effect"
import { output } from "../Process.ts"
import { command } from "../Tool.ts"
import type { Creator } from "./Creator.ts"

export const transmissionCreate: Creator = {
  name: "transmission-create",
  tools: [command("transmission-create")],
  listsEmptyFiles: false,
  create: (torrent) =>
    output("transmission-create", [
      ...torrent.trackers.flatMap((tracker) => ["--tracker", tracker]),
      "--piecesize",
      String(torrent.pieceLength / 1024),
      "--outfile",
      torrent.output,
      ...(torrent.private ? ["--private"] : []),
      torrent.source,
    ]).pipe(Effect.asVoid),
}

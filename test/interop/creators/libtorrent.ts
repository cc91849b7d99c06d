/**
 * libtorrent 2.0: plain torrents, and hybrids of v1 and v2 (BEP 52). In a hybrid every file begins on a piece of its own, after a padding file
 * (BEP 47) where the one before does not end with its piece.
 */
import { Effect } from "effect"
import { fileURLToPath } from "node:url"
import { output } from "../Process.ts"
import { libtorrent, python } from "../Tool.ts"
import type { Creator } from "./Creator.ts"

const make = (version: "v1" | "ordered" | "hybrid"): Creator => ({
  name: `libtorrent ${version}`,
  tools: [libtorrent],
  listsEmptyFiles: true,
  create: (torrent) =>
    output(python, [
      script,
      version,
      torrent.output,
      String(torrent.pieceLength),
      torrent.private ? "private" : "public",
      torrent.source,
      ...torrent.trackers,
    ]).pipe(Effect.asVoid),
})

const script = fileURLToPath(new URL("libtorrent-create.py", import.meta.url))

export const libtorrentV1 = make("v1")
/** In the order of their paths, whatever the disk's. */
export const libtorrentOrdered = make("ordered")
export const libtorrentHybrid = make("hybrid")

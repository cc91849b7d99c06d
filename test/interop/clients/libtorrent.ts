/** libtorrent-rasterbar 2.0 through its Python binding: the engine of qBittorrent and Deluge. */
import { fileURLToPath } from "node:url"
import { daemon } from "../Process.ts"
import { libtorrent as module, python } from "../Tool.ts"
import type { Client } from "./Client.ts"

export const libtorrent: Client = {
  name: "libtorrent",
  tools: [module],
  host: "127.0.5.1",
  introduction: "libtorrent/2.",
  seed: ({ torrents, dataFolder, host, port }) => daemon(python, [script, `${host}:${port}`, dataFolder, ...torrents]),
}

const script = fileURLToPath(new URL("libtorrent-seed.py", import.meta.url))

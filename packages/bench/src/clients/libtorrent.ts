/** libtorrent-rasterbar 2.0 through its Python binding: the engine of qBittorrent and Deluge. */
import { Effect } from "effect"
import { join } from "node:path"
import * as places from "../places.ts"
import type { Client } from "./Client.ts"
import { versionOf } from "./version.ts"

/** Debian's Python, by its full path: a `python3` earlier on `PATH` does not see Debian's modules. */
const python = "/usr/bin/python3"

const script = join(places.clients, "libtorrent-download.py")

const libtorrent = (profile: "default" | "tuned", title: string, settings: string): Client => ({
  name: profile === "default" ? "libtorrent" : `libtorrent-${profile}`,
  title,
  settings,
  version: versionOf(python, ["-c", "import libtorrent; print(libtorrent.__version__)"], /^(\d\S+)/),
  from: "apt install python3-libtorrent",
  download: ({ torrent, output }) => Effect.succeed({ command: python, args: [script, torrent, output, profile] }),
})

export const libtorrentDefault = libtorrent(
  "default",
  "libtorrent, as installed",
  "DHT, local discovery and port mapping off; ends without good-byes as soon as everything is written. Python's start-up (some 80 ms) is part of its time.",
)

export const libtorrentTuned = libtorrent(
  "tuned",
  "libtorrent, tuned",
  "The same, and no uTP and no encryption tried first, 2 s for connect and handshake, 1000 dials a second, the whole list at once, 2000 requests in flight, 64 MiB queued for the disk, 2 hashing threads, 4 MiB socket buffer.",
)

/** libtorrent-rasterbar 2.0 through its Python binding: the engine of qBittorrent and Deluge. */
import { Effect } from "effect"
import { join } from "node:path"
import * as places from "../places.ts"
import { type Client, port } from "./Client.ts"
import { versionOf } from "./version.ts"

/** Debian's Python, by its full path: a `python3` earlier on `PATH` does not see Debian's modules. */
const python = "/usr/bin/python3"

const script = join(places.clients, "libtorrent-download.py")

const staying = join(places.clients, "libtorrent-stay.py")

const stay = (...args: ReadonlyArray<string>) => ({ command: python, args: ["-B", staying, ...args] })

/** One of those that the client under test has beside it: TCP only, and to it nobody is of its own network. */
export const rival = (torrent: string, output: string, address: string) =>
  stay(torrent, output, "tcp", `${address}:${port}`, "strangers")

/** Its version. */
export const version = versionOf(python, ["-c", "import libtorrent; print(libtorrent.__version__)"], /^(\d\S+)/)

/** A DHT, a node at each address. */
export const nodes = (addresses: ReadonlyArray<string>) => ({
  command: python,
  args: ["-B", join(places.clients, "libtorrent-nodes.py"), ...addresses],
})

type Profile = "default" | "tcp" | "tuned"

const libtorrent = (profile: Profile, name: string, title: string, settings: string): Client => ({
  name,
  title,
  settings,
  version,
  from: "apt install python3-libtorrent",
  download: ({ address, entrance, torrent, output }) =>
    Effect.succeed({
      command: python,
      args: ["-B", script, torrent, output, profile, ...(entrance === undefined ? [] : [entrance, address])],
    }),
  join: ({ address, torrent, output }) => Effect.succeed(stay(torrent, output, profile, `${address}:${port}`)),
})

export const libtorrents: ReadonlyArray<Client> = [
  libtorrent(
    "tuned",
    "libtorrent-tuned",
    "libtorrent, tuned",
    "TCP only, and no encryption tried first, 2 s for connect and handshake, 1000 dials a second, the whole list at once, 2000 requests in flight, 64 MiB queued for the disk, 2 hashing threads, 4 MiB socket buffers; as a seed it unchokes everybody, and up to 8 MiB wait for each socket.",
  ),
  libtorrent(
    "tcp",
    "libtorrent-tcp",
    "libtorrent, TCP only",
    "As installed, without uTP: the peers here speak TCP only, and as installed it waits 3 s for each to answer over uTP.",
  ),
  libtorrent(
    "default",
    "libtorrent",
    "libtorrent, as installed",
    "DHT, local discovery and port mapping off; ends without good-byes as soon as everything is written. It has no program of its own in Debian: Python's start-up (some 50 ms) is part of its time.",
  ),
]

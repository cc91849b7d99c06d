/** rtorrent 0.9.8 on rakshasa's libTorrent 0.13.8, without a terminal. It goes on seeding, so it makes a file when it has everything. */
import { Effect, FileSystem } from "effect"
import { join } from "node:path"
import { type Client, port } from "./Client.ts"
import { versionOf } from "./version.ts"

export const rtorrent: Client = {
  name: "rtorrent",
  title: "rtorrent",
  settings:
    "A daemon with an rc file: DHT and peer exchange off, 200 peers, 4 GiB of pieces in memory (needed above 2 GiB), 4 MiB socket buffers, 200 slots for uploads; no second check of all pieces at the end (each was checked as it came); its encryption is off by default. Done when its finished event fires.",
  version: versionOf("rtorrent", ["-h"], /client version (\d[\d.]*\d)/),
  from: "apt install rtorrent",
  cannot: { dht: "its DHT of one known node found nobody within two minutes", web: "it has no web seeds" },
  download: Effect.fnUntraced(function* ({ torrent, output, home }) {
    const fs = yield* FileSystem.FileSystem
    const rc = join(home, "rtorrent.rc")
    const marker = join(home, "finished")
    yield* fs.writeFileString(
      rc,
      [
        ...common(home, output),
        "network.port_range.set = 6890-6899",
        `method.set_key = event.download.finished,bench,"execute.nothrow=touch,${marker}"`,
        `load.start = "${torrent}"`,
        "",
      ].join("\n"),
    )
    return { command: "rtorrent", args: ["-n", "-o", `import=${rc}`], marker }
  }),
  join: Effect.fnUntraced(function* ({ torrent, output, home }) {
    const fs = yield* FileSystem.FileSystem
    const rc = join(home, "rtorrent.rc")
    const at = [`network.port_range.set = ${port}-${port}`, "network.port_random.set = no"]
    yield* fs.writeFileString(rc, [...common(home, output), ...at, `load.start = "${torrent}"`, ""].join("\n"))
    return { command: "rtorrent", args: ["-n", "-o", `import=${rc}`] }
  }),
}

const common = (home: string, output: string) => [
  "system.daemon.set = true",
  `session.path.set = "${home}"`,
  `directory.default.set = "${output}"`,
  "dht.mode.set = disable",
  "protocol.pex.set = no",
  "throttle.min_peers.normal.set = 200",
  "throttle.max_peers.normal.set = 200",
  "throttle.max_peers.seed.set = 200",
  "throttle.max_uploads.set = 200",
  "network.max_open_sockets.set = 500",
  "network.receive_buffer.size.set = 4M",
  "network.send_buffer.size.set = 4M",
  "pieces.memory.max.set = 4096M",
  "pieces.hash.on_completion.set = no",
]

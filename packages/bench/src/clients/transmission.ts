/** transmission 3.00's command line. It goes on seeding, so its script makes a file when it has everything. */
import { Effect, FileSystem } from "effect"
import { join } from "node:path"
import { type Client, port } from "./Client.ts"
import { versionOf } from "./version.ts"

export const transmission: Client = {
  name: "transmission",
  title: "transmission",
  settings:
    "`transmission-cli` with uTP, DHT, local discovery, peer exchange and port mapping off, 200 peers, encryption only if the peer wants it, no allocation up front, 200 slots for uploads; `transmission-daemon` as a seed. Done when it calls its script.",
  version: versionOf("transmission-cli", ["--version"], /transmission-cli (\S+)/),
  from: "apt install transmission-cli",
  download: Effect.fnUntraced(function* ({ entrance, torrent, output, home }) {
    const fs = yield* FileSystem.FileSystem
    const script = join(home, "finished.sh")
    const marker = join(home, "finished")
    yield* fs.writeFileString(
      join(home, "settings.json"),
      JSON.stringify({ ...settings, "dht-enabled": entrance !== undefined }),
    )
    if (entrance !== undefined)
      yield* fs.writeFileString(join(home, "dht.bootstrap"), `${entrance.replace(":", " ")}\n`)
    yield* fs.writeFileString(script, `#!/bin/sh\ntouch "${marker}"\n`, { mode: 0o755 })
    return {
      command: "transmission-cli",
      args: ["--config-dir", home, "--download-dir", output, "--finish", script, "--no-portmap", torrent],
      marker,
    }
  }),
  join: Effect.fnUntraced(function* ({ torrent, output, home }) {
    const fs = yield* FileSystem.FileSystem
    yield* fs.writeFileString(join(home, "settings.json"), JSON.stringify({ ...settings, "rpc-enabled": false }))
    yield* fs.makeDirectory(join(home, "torrents"))
    // What lies in this folder it takes for its own torrents: checked and seeded from the start, without a remote control.
    yield* fs.copyFile(torrent, join(home, "torrents", "a.torrent"))
    return {
      command: "transmission-daemon",
      args: ["--foreground", "--config-dir", home, "--download-dir", output, "--peerport", String(port)],
    }
  }),
  show: (torrent) => ({ command: "transmission-show", args: [torrent] }),
  printVersion: { command: "transmission-cli", args: ["--version"] },
}

const settings = {
  "utp-enabled": false,
  "dht-enabled": false,
  "lpd-enabled": false,
  "pex-enabled": false,
  "port-forwarding-enabled": false,
  "peer-limit-global": 200,
  "peer-limit-per-torrent": 200,
  encryption: 0,
  preallocation: 0,
  "upload-slots-per-torrent": 200,
}

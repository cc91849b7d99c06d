/** aria2 1.36. */
import { Effect, FileSystem } from "effect"
import { join } from "node:path"
import { daemon } from "../Process.ts"
import { command } from "../Tool.ts"
import type { Client } from "./Client.ts"

export const aria2: Client = {
  name: "aria2",
  tools: [command("aria2c")],
  host: "127.0.3.1",
  introduction: "aria2/",
  join: Effect.fnUntraced(function* ({ torrents, dataFolder, home, host, port, uploadLimit = 0, encrypts = false }) {
    const fs = yield* FileSystem.FileSystem
    const list = join(home, "torrents.txt")
    yield* fs.writeFileString(list, torrents.map((torrent) => `${torrent}\n`).join(""))
    return yield* daemon("aria2c", [
      "--no-conf",
      `--input-file=${list}`,
      `--max-concurrent-downloads=${torrents.length}`,
      `--dir=${dataFolder}`,
      `--interface=${host}`,
      `--listen-port=${port}`,
      "--disable-ipv6=true",
      "--enable-dht=false",
      "--bt-enable-lpd=false",
      "--enable-peer-exchange=false",
      // Checks what is there, then seeds for ever.
      "--check-integrity=true",
      `--max-overall-upload-limit=${uploadLimit}`,
      "--file-allocation=none",
      "--seed-ratio=0.0",
      "--show-console-readout=false",
      "--summary-interval=0",
      "--enable-color=false",
      ...(encrypts ? ["--bt-force-encryption=true", "--bt-require-crypto=true", "--bt-min-crypto-level=arc4"] : []),
    ])
  }),
}

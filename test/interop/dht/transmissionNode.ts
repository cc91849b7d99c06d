/** transmission-daemon with nothing but its DHT to find peers by. It speaks to nobody in 127/8, and announces nothing before it knows nine nodes. */
import { Effect, FileSystem } from "effect"
import { join } from "node:path"
import { daemon } from "../Process.ts"
import { command } from "../Tool.ts"
import type { By } from "./Foreign.ts"

export const tools = [command("transmission-daemon")]

/** Has this torrent, whose content is or will be in `folder`; it ends with the scope. */
export const start = Effect.fnUntraced(function* (options: {
  readonly address: string
  readonly port: number
  readonly torrent: string
  readonly folder: string
  readonly home: string
  readonly entrances: ReadonlyArray<string>
  readonly at: By
}) {
  const { address, at, entrances, folder, home, port, torrent } = options
  const fs = yield* FileSystem.FileSystem
  yield* fs.writeFileString(join(home, "settings.json"), JSON.stringify({ "pex-enabled": false }))
  yield* fs.writeFileString(
    join(home, "dht.bootstrap"),
    entrances.map((entrance) => `${entrance.replace(":", " ")}\n`).join(""),
  )
  yield* fs.makeDirectory(join(home, "torrents"))
  yield* fs.copyFile(torrent, join(home, "torrents", "0.torrent"))
  return yield* daemon(
    ...at([
      "transmission-daemon",
      "--foreground",
      "--log-info",
      "--config-dir",
      home,
      "--download-dir",
      folder,
      "--bind-address-ipv4",
      address,
      "--peerport",
      String(port),
      "--rpc-bind-address",
      address,
      "--dht",
      "--no-lpd",
      "--no-utp",
      "--no-portmap",
    ]),
  )
})

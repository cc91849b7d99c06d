// Downloads a torrent with webtorrent and ends when it has everything: webtorrent-download.mjs MODULE TORRENT-OR-LINK FOLDER CONNECTIONS [DHT-NODE]
import { readFileSync } from "node:fs"
import { make } from "./webtorrent-client.mjs"

const [module, torrent, path, connections, entrance] = process.argv.slice(2)

const client = await make(module, {
  ...(connections === "default" ? {} : { maxConns: Number(connections) }),
  ...(entrance === undefined ? {} : { dht: { bootstrap: [entrance] } }),
})
client.add(torrent.startsWith("magnet:") ? torrent : readFileSync(torrent), { path }, (added) =>
  added.on("done", () => process.exit(0)),
)

// Serves the first file of a torrent over HTTP with webtorrent while it downloads it, until it is killed; prints its address: webtorrent-stream.mjs MODULE TORRENT FOLDER
import { readFileSync } from "node:fs"
import { make } from "./webtorrent-client.mjs"

const [module, torrent, path] = process.argv.slice(2)

const client = await make(module, {})
const { server } = client.createServer()
server.listen(0, "127.0.0.1", () =>
  client.add(readFileSync(torrent), { path }, ({ files, infoHash }) => {
    const { port } = server.address()
    console.log(`http://127.0.0.1:${port}/webtorrent/${infoHash}/${encodeURIComponent(files[0].path)}`)
  }),
)

// Serves the first file of a torrent over HTTP with webtorrent while it downloads it, until it is killed; prints its address: webtorrent-stream.mjs MODULE TORRENT FOLDER
import { readFileSync } from "node:fs"
import { registerHooks } from "node:module"
import { pathToFileURL } from "node:url"

const [module, torrent, path] = process.argv.slice(2)

// As in webtorrent-download.mjs.
const noWebRtc = `data:text/javascript,${["RTCPeerConnection", "RTCSessionDescription", "RTCIceCandidate"].map((name) => `export const ${name} = undefined;`).join("")}export default {}`
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "webrtc-polyfill" ? { url: noWebRtc, shortCircuit: true } : next(specifier, context),
})

const { default: WebTorrent } = await import(pathToFileURL(module).href)
const client = new WebTorrent({
  secure: false,
  dht: false,
  lsd: false,
  natUpnp: false,
  natPmp: false,
  utp: false,
  utPex: false,
  tracker: { wrtc: false },
})
client.on("error", (error) => {
  console.error(error)
  process.exit(1)
})
const { server } = client.createServer()
server.listen(0, "127.0.0.1", () =>
  client.add(readFileSync(torrent), { path }, ({ files, infoHash }) => {
    const { port } = server.address()
    console.log(`http://127.0.0.1:${port}/webtorrent/${infoHash}/${encodeURIComponent(files[0].path)}`)
  }),
)

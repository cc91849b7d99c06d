// Downloads a torrent with webtorrent and ends when it has everything: webtorrent-download.mjs MODULE TORRENT-OR-LINK FOLDER CONNECTIONS [DHT-NODE]
import { readFileSync } from "node:fs"
import { registerHooks } from "node:module"
import { pathToFileURL } from "node:url"

const [module, torrent, path, connections, entrance] = process.argv.slice(2)

// Its WebRTC half is native code that comes from outside the npm registry, and that a download over TCP never calls.
const noWebRtc = `data:text/javascript,${["RTCPeerConnection", "RTCSessionDescription", "RTCIceCandidate"].map((name) => `export const ${name} = undefined;`).join("")}export default {}`
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "webrtc-polyfill" ? { url: noWebRtc, shortCircuit: true } : next(specifier, context),
})

const { default: WebTorrent } = await import(pathToFileURL(module).href)
const client = new WebTorrent({
  ...(connections === "default" ? {} : { maxConns: Number(connections) }),
  // Its default tries encryption first and never comes back in the clear.
  secure: false,
  dht: entrance === undefined ? false : { bootstrap: [entrance] },
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
client.add(torrent.startsWith("magnet:") ? torrent : readFileSync(torrent), { path }, (added) =>
  added.on("done", () => process.exit(0)),
)

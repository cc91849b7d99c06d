// Takes part in the swarms of torrents with webtorrent until it is killed: join.mjs MODULE HOST PORT UPLOAD-LIMIT SECURE DATA-FOLDER TORRENT...
import { readFileSync } from "node:fs"
import { registerHooks } from "node:module"
import { Server } from "node:net"
import { pathToFileURL } from "node:url"

const [module, host, port, uploadLimit, secure, dataFolder, ...torrents] = process.argv.slice(2)

const noWebRtc = new URL("no-webrtc.mjs", import.meta.url).href
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "webrtc-polyfill" ? { url: noWebRtc, shortCircuit: true } : next(specifier, context),
})

// webtorrent listens on every address of the machine and has no option for one.
const listen = Server.prototype.listen
Server.prototype.listen = function (port, ...rest) {
  return listen.call(this, port, host, ...rest)
}

const { default: WebTorrent } = await import(pathToFileURL(module).href)
const client = new WebTorrent({
  torrentPort: Number(port),
  uploadLimit: Number(uploadLimit),
  // 1 is what it does by itself: its encryption never falls back to a connection in the clear.
  secure: Number(secure),
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
for (const torrent of torrents) {
  client.add(torrent.startsWith("magnet:") ? torrent : readFileSync(torrent), { path: dataFolder })
}

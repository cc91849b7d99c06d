// A client of webtorrent's that speaks TCP alone.
import { registerHooks } from "node:module"
import { pathToFileURL } from "node:url"

/** `module` is the path of webtorrent's own; `options` are further ones of its constructor. */
export const make = async (module, options) => {
  // Its WebRTC half is native code that comes from outside the npm registry, and that a download over TCP never calls.
  const noWebRtc = `data:text/javascript,${["RTCPeerConnection", "RTCSessionDescription", "RTCIceCandidate"].map((name) => `export const ${name} = undefined;`).join("")}export default {}`
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === "webrtc-polyfill" ? { url: noWebRtc, shortCircuit: true } : next(specifier, context),
  })
  const { default: WebTorrent } = await import(pathToFileURL(module).href)
  const client = new WebTorrent({
    // Its default tries encryption first and never comes back in the clear.
    secure: false,
    dht: false,
    lsd: false,
    natUpnp: false,
    natPmp: false,
    utp: false,
    utPex: false,
    tracker: { wrtc: false },
    ...options,
  })
  client.on("error", (error) => {
    console.error(error)
    process.exit(1)
  })
  return client
}

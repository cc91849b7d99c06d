/** webtorrent 3.0.21 on Node, without its WebRTC half. */
import { fileURLToPath } from "node:url"
import { daemon } from "../Process.ts"
import { webtorrent as module, webtorrentModule } from "../Tool.ts"
import type { Client } from "./Client.ts"

export const webtorrent: Client = {
  name: "webtorrent",
  tools: [module],
  // It announces from the address that the system chooses for a tracker on loopback.
  host: "127.0.0.1",
  introduction: "WebTorrent ",
  join: ({ torrents, dataFolder, host, port, uploadLimit = -1, encrypts = false }) =>
    daemon(process.execPath, [
      script,
      webtorrentModule,
      host,
      String(port),
      String(uploadLimit),
      String(Number(encrypts)),
      dataFolder,
      ...torrents,
    ]),
}

const script = fileURLToPath(new URL("webtorrent/join.mjs", import.meta.url))

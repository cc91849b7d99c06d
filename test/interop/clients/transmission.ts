/** transmission-daemon 3.00. It unchokes on a round every 10 s, so a download from it waits for up to that long. */
import { Bencode, MagnetLink, Metainfo } from "@unchoke/protocol"
import { Effect, FileSystem, Result } from "effect"
import * as Hex from "effect/encoding/Hex"
import { createHash } from "node:crypto"
import { join } from "node:path"
import { daemon } from "../Process.ts"
import { command } from "../Tool.ts"
import type { Client } from "./Client.ts"
import { freePort } from "../loopback.ts"

export const transmission = withSlots(undefined)

/** One that serves so many peers at once, and one more by chance (as a rule: 14). While it downloads they are those that give it most. */
export function withSlots(slots: number | undefined): Client {
  return {
    name: "transmission",
    tools: [command("transmission-daemon")],
    host: "127.0.2.1",
    introduction: "Transmission ",
    join: Effect.fnUntraced(function* ({ torrents, dataFolder, home, host, port, uploadLimit, encrypts = false }) {
      const fs = yield* FileSystem.FileSystem
      yield* fs.writeFileString(join(home, "settings.json"), JSON.stringify(settings({ uploadLimit, slots, encrypts })))
      yield* fs.makeDirectory(join(home, "torrents"))
      // What lies in this folder it takes for its own torrents: checked and seeded from the start, without a remote control.
      for (const torrent of torrents) {
        const bytes = isLink(torrent) ? rememberedLink(torrent) : yield* fs.readFile(torrent)
        yield* fs.writeFile(join(home, "torrents", `${nameOf(torrent, bytes)}.torrent`), bytes)
      }
      return yield* daemon("transmission-daemon", [
        "--foreground",
        "--log-info",
        "--config-dir",
        home,
        "--download-dir",
        dataFolder,
        "--bind-address-ipv4",
        host,
        "--peerport",
        String(port),
        "--rpc-bind-address",
        host,
        "--port",
        String(yield* freePort(host)),
        "--no-dht",
        "--no-lpd",
        "--no-utp",
        "--no-portmap",
      ])
    }),
  }
}

const isLink = (torrent: string): boolean => torrent.startsWith("magnet:")

const linkOf = (text: string): MagnetLink.MagnetLink => Result.getOrThrow(MagnetLink.fromString(text))

/** Under another name it does not find it again when somebody asks what the torrent is. */
const nameOf = (torrent: string, bytes: Uint8Array): string =>
  isLink(torrent)
    ? Hex.encode(linkOf(torrent).infoHash)
    : createHash("sha1")
        .update(Result.getOrThrow(Metainfo.fromBytes(bytes)).info)
        .digest("hex")

/** How it keeps a link between two runs. */
const rememberedLink = (text: string): Uint8Array => {
  const { infoHash, name, trackers } = linkOf(text)
  return Bencode.encode({
    announce: trackers[0]?.[0],
    "magnet-info": { "display-name": name, info_hash: infoHash },
  })
}

interface Settings {
  readonly uploadLimit: number | undefined
  readonly slots: number | undefined
  readonly encrypts: boolean
}

/** What has no option on the command line. */
const settings = ({ encrypts, slots, uploadLimit }: Settings) => ({
  "pex-enabled": false,
  "bind-address-ipv6": "::1",
  ...(encrypts && { encryption: 2 }),
  ...(uploadLimit !== undefined && { "speed-limit-up": uploadLimit / 1024, "speed-limit-up-enabled": true }),
  ...(slots !== undefined && { "upload-slots-per-torrent": slots }),
})

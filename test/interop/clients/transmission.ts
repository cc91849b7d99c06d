/** transmission-daemon 3.00. It unchokes on a round every 10 s, so a download from it waits for up to that long. */
import { Metainfo } from "@unchoke/protocol"
import { Effect, FileSystem, Result } from "effect"
import { createHash } from "node:crypto"
import { join } from "node:path"
import { daemon, output } from "../Process.ts"
import { command } from "../Tool.ts"
import type { Client } from "./Client.ts"
import { freePort } from "../loopback.ts"

/** It has read its torrents by then. */
const loading = "1500 millis"

export const transmission = withSlots(undefined)

/** One that serves so many peers at once, and one more by chance (as a rule: 14). While it downloads they are those that give it most. */
export function withSlots(slots: number | undefined): Client {
  return {
    name: "transmission",
    tools: [command("transmission-daemon"), command("transmission-remote")],
    host: "127.0.2.1",
    introduction: "Transmission ",
    join: Effect.fnUntraced(function* ({ torrents, dataFolder, home, host, port, uploadLimit, encrypts = false }) {
      const fs = yield* FileSystem.FileSystem
      yield* fs.writeFileString(join(home, "settings.json"), JSON.stringify(settings({ uploadLimit, slots, encrypts })))
      yield* fs.makeDirectory(join(home, "torrents"))
      // What lies in this folder it takes for its own torrents: checked and seeded from the start, without a remote control.
      const kept: Array<readonly [path: string, bytes: Uint8Array]> = []
      for (const [index, torrent] of torrents.filter((torrent) => !isLink(torrent)).entries()) {
        const bytes = yield* fs.readFile(torrent)
        // What has another name than its own is new: it looks at what is there. Under its own it finds it when somebody asks what the torrent is.
        yield* fs.writeFile(join(home, "torrents", `${index}.torrent`), bytes)
        kept.push([join(home, "torrents", `${infoHashOf(bytes)}.torrent`), bytes])
      }
      const control = yield* freePort(host)
      const running = yield* daemon("transmission-daemon", [
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
        String(control),
        "--no-dht",
        "--no-lpd",
        "--no-utp",
        "--no-portmap",
      ])
      yield* Effect.sleep(loading)
      yield* Effect.forEach(kept, ([path, bytes]) => fs.writeFile(path, bytes))
      for (const link of torrents.filter(isLink))
        yield* output("transmission-remote", [`${host}:${control}`, "--add", link])
      return running
    }),
  }
}

const isLink = (torrent: string): boolean => torrent.startsWith("magnet:")

const infoHashOf = (torrent: Uint8Array): string =>
  createHash("sha1")
    .update(Result.getOrThrow(Metainfo.fromBytes(torrent)).info)
    .digest("hex")

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

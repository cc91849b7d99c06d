/** webtorrent 3 on the Node that runs us, without its WebRTC half. */
import { Effect } from "effect"
import { existsSync, readFileSync } from "node:fs"
import { homedir } from "node:os"
import { dirname, join } from "node:path"
import * as places from "../places.ts"
import type { Client, Launch } from "./Client.ts"

/** Where `.ci/install-clients` puts it: outside the tree, so that nobody's `npm ci` pays for its 36 MB. */
const module = join(
  process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"),
  "unchoke-interop/webtorrent/node_modules/webtorrent/index.js",
)

const version = Effect.sync(() => {
  if (!existsSync(module)) return undefined
  const described = readFileSync(join(dirname(module), "package.json"), "utf8")
  return /"version": "(.*)"/.exec(described)?.[1]
})

const script = join(places.clients, "webtorrent-download.mjs")

/** Serves what it downloads over HTTP, and prints its address. */
export const streaming = (torrent: string, output: string): Launch => ({
  command: process.execPath,
  args: [join(places.clients, "webtorrent-stream.mjs"), module, torrent, output],
})

const webtorrent = (name: string, title: string, settings: string, connections: string): Client => ({
  name,
  title,
  settings,
  version,
  from: ".ci/install-clients",
  download: ({ entrance, torrent, output }) =>
    Effect.succeed({
      command: process.execPath,
      args: [script, module, torrent, output, connections, ...(entrance === undefined ? [] : [entrance])],
    }),
})

export const webtorrentDefault = webtorrent(
  "webtorrent",
  "webtorrent, as installed",
  "DHT, local discovery, port mapping, uTP and WebRTC off, and encryption off (`secure: false`), without which it does not finish at all.",
  "default",
)

export const webtorrentTuned = webtorrent(
  "webtorrent-tuned",
  "webtorrent, tuned",
  "The same, with 400 connections in place of 55.",
  "400",
)

/** Whoever there is has an address of IPv6 alone: by a link with a tracker, by `x.pe`, from a web server. (By the DHT: dht.test.ts; in the local network: localDiscovery.test.ts.) */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, layer } from "@effect/vitest"
import { Metainfo } from "@unchoke/protocol"
import { LoopbackTracker } from "@unchoke/testkit"
import { Effect, FileSystem, Result } from "effect"
import { NetAddress } from "effect/net"
import { createHash } from "node:crypto"
import { join } from "node:path"
import { libtorrent, many } from "./clients/libtorrent.ts"
import * as Content from "./Content.ts"
import { mktorrent } from "./creators/mktorrent.ts"
import { freePort } from "./loopback.ts"
import * as Ours from "./Ours.ts"
import { pythonServerAt } from "./servers/WebServer.ts"
import { whenInstalled } from "./whenInstalled.ts"

const host = "::1"
const server = pythonServerAt(host)
const alone = ["--no-lsd", "--no-dht"]

const stage = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const root = yield* fs.makeTempDirectoryScoped({ prefix: "unchoke-ipv6-" })
  let folders = 0
  const folder = Effect.suspend(() => {
    const made = join(root, `${++folders}`)
    return Effect.as(fs.makeDirectory(made), made)
  })
  const known: Array<NetAddress.InetAddress> = []
  const tracker = yield* LoopbackTracker.make({ host, peers: known })
  const content = Content.bytes("content.bin", 2 * 1024 * 1024)
  const theirs = yield* folder
  const source = join(theirs, "content.bin")
  yield* fs.writeFile(source, content)
  const torrent = join(root, "content.torrent")
  yield* mktorrent.create({
    source,
    output: torrent,
    trackers: [tracker.announceUrl],
    pieceLength: 65_536,
    private: false,
  })
  const info = Result.getOrThrow(Metainfo.fromBytes(yield* fs.readFile(torrent))).info
  const to = yield* folder
  return {
    tracker,
    torrent,
    theirs,
    link: `magnet:?xt=urn:btih:${createHash("sha1").update(info).digest("hex")}`,
    /** A session of libtorrent's that has all; its address. */
    join: Effect.gen(function* () {
      const address = `[${host}]:${yield* freePort(host)}`
      const session = { address, folder: theirs }
      yield* many({ torrents: [torrent], home: yield* folder, sessions: [session] })
      known.push(NetAddress.inetAddressFromStringUnsafe(address))
      return address
    }),
    /** Downloads, and has it; its lines. */
    download: Effect.fnUntraced(function* (what: string, ...args: ReadonlyArray<string>) {
      const us = yield* Ours.start("download", what, "--output", to, ...alone, ...args)
      assert.strictEqual(yield* us.ended, 0, us.lines.map((line) => JSON.stringify(line)).join("\n"))
      assert.isTrue(content.equals(yield* fs.readFile(join(to, "content.bin"))))
      return us.lines
    }),
  }
})

whenInstalled("IPv6", [...libtorrent.tools, ...mktorrent.tools, ...server.tools], () =>
  layer(NodeServices.layer, { excludeTestServices: true })("IPv6 alone", (it) => {
    it.effect("a link with a tracker", () =>
      Effect.gen(function* () {
        const { download, join, link, tracker } = yield* stage
        const address = yield* join
        const lines = yield* download(`${link}&tr=${encodeURIComponent(tracker.announceUrl)}`)
        assert.isTrue(lines.some(({ _tag, peer }) => _tag === "Joined" && peer === address))
      }),
    )

    it.effect("a link with `x.pe`", () =>
      Effect.gen(function* () {
        const { download, join, link } = yield* stage
        yield* download(`${link}&x.pe=${yield* join}`)
      }),
    )

    it.effect("a web server", () =>
      Effect.gen(function* () {
        const { download, theirs, torrent } = yield* stage
        const fs = yield* FileSystem.FileSystem
        const url = yield* server.serve(theirs)
        const read = Result.getOrThrow(Metainfo.fromBytes(yield* fs.readFile(torrent)))
        yield* fs.writeFile(torrent, Metainfo.toBytes({ ...read, webSeeds: [url] }))
        yield* download(torrent, "--no-tracker")
      }),
    )
  }),
)

/** The commands and the trackers of a torrent, on real sockets: whom they ask before they give up, and what they say of it. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, layer } from "@effect/vitest"
import { Bencode } from "@unchoke/protocol"
import { Content, LoopbackSwarm, LoopbackTracker, Script } from "@unchoke/testkit"
import { Effect, FileSystem } from "effect"
import { NetAddress } from "effect/net"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { unchoke } from "./cli.ts"

/** A folder with a torrent of these trackers in it. */
const stage = Effect.fnUntraced(function* (...tiers: ReadonlyArray<ReadonlyArray<string>>) {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "unchoke-cli-" })
  const content = Content.make({ files: 200_000, tiers })
  const torrent = join(folder, "content.torrent")
  yield* fs.writeFile(torrent, content.bytes)
  return { content, torrent, download: ["download", torrent, "--output", join(folder, "out")] }
})

/** A tracker that answers any path like this, and what it was asked. */
const answering = (answer: (url: URL) => Bencode.BencodeInput) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<{ readonly server: Server; readonly asked: Array<string> }>((resume) => {
        const asked: Array<string> = []
        const server = createServer(({ url = "" }, response) => {
          asked.push(url)
          response.end(Bencode.encode(answer(new URL(url, "http://tracker"))))
        }).listen(0, "127.0.0.1", () => resume(Effect.succeed({ server, asked })))
      }),
      ({ server }) => Effect.sync(() => server.close().closeAllConnections()),
    ),
    ({ asked, server }) => ({ asked, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }),
  )

const compact = (...peers: ReadonlyArray<NetAddress.InetAddress>) =>
  Uint8Array.from(
    peers.flatMap(({ address, port }) => [
      ...NetAddress.ipv4ToOctets(address as NetAddress.Ipv4Address),
      port >> 8,
      port & 0xff,
    ]),
  )

layer(NodeServices.layer, { excludeTestServices: true, timeout: "30 seconds" })("trackers", (it) => {
  it.effect("the first tier names a dead peer: the second one is asked, by a download and by a probe", () =>
    Effect.gen(function* () {
      const dead = yield* LoopbackTracker.make({ peers: [NetAddress.inetAddressFromStringUnsafe("127.0.0.1:9")] })
      const named: Array<NetAddress.InetAddress> = []
      const good = yield* LoopbackTracker.make({ peers: named })
      for (const tiers of [[[dead.announceUrl], [good.announceUrl]], [[dead.udpUrl, good.udpUrl]]]) {
        const { content, download, torrent } = yield* stage(...tiers)
        const { addresses } = yield* LoopbackSwarm.start(content, [{ script: Script.good }])
        named.splice(0, named.length, ...addresses)
        const probed = yield* unchoke(["probe", torrent])
        assert.strictEqual(probed.code, 0, probed.stderr.join("\n"))
        const { code, stderr } = yield* unchoke(download)
        assert.strictEqual(code, 0, stderr.join("\n"))
      }
    }),
  )

  it.effect("a tracker that names us to ourselves has named nobody", () =>
    Effect.gen(function* () {
      const tracker = yield* answering(({ searchParams }) => {
        const port = Number(searchParams.get("port"))
        return port < 1024
          ? { "failure reason": "your port is blacklisted" }
          : { "external ip": Uint8Array.of(127, 0, 0, 1), peers: Uint8Array.of(127, 0, 0, 1, port >> 8, port & 0xff) }
      })
      const { torrent } = yield* stage([`${tracker.origin}/announce`])
      const { code, stderr } = yield* unchoke(["probe", torrent])
      assert.strictEqual(code, 6, stderr.join("\n"))
      assert.include(stderr, `${tracker.origin}/announce names 0 peers`)
    }),
  )

  it.effect("one in the local network is called by any path only when --local-tracker says so", () =>
    Effect.gen(function* () {
      const peers: Array<NetAddress.InetAddress> = []
      const tracker = yield* answering(() => ({ peers: compact(...peers) }))
      const { content, download } = yield* stage([`${tracker.origin}/tracker.php?passkey=1`])
      peers.push(...(yield* LoopbackSwarm.start(content, [{ script: Script.good }])).addresses)
      const forbidden = yield* unchoke(download)
      assert.strictEqual(forbidden.code, 6)
      assert.deepStrictEqual(tracker.asked, [])
      assert.include(forbidden.stderr.at(-1), "--local-tracker")
      const { code, stderr } = yield* unchoke([...download, "--local-tracker"])
      assert.strictEqual(code, 0, stderr.join("\n"))
      assert.match(tracker.asked[0]!, /^\/tracker\.php\?passkey=1&info_hash=/)
    }),
  )

  it.effect("advice fits what was given", () =>
    Effect.gen(function* () {
      const { torrent } = yield* stage()
      const { stderr } = yield* unchoke(["probe", torrent])
      assert.deepStrictEqual(stderr.slice(-2), ["  trackers: none is named", "Name a peer with --peer host:port."])
      const flagged = yield* unchoke(["probe", torrent, "--no-tracker"])
      // It would be no help to leave it out.
      assert.strictEqual(flagged.stderr.at(-1), "Name a peer with --peer host:port.")
    }),
  )

  it.effect("an address on the web is repeated as it was typed, without what may be a pass key", () =>
    Effect.gen(function* () {
      for (const url of ["http://127.0.0.1:1/a//b/../x.torrent?c=//d", "HTTPS://127.0.0.1:1/x.torrent"]) {
        for (const command of [["show"], ["download"], ["probe"]]) {
          const { code, stderr } = yield* unchoke([...command, url])
          assert.strictEqual(code, 4)
          const shown = url.replace(/[?].*/, "?…")
          assert.strictEqual(stderr[0], `Fetching ${shown}`)
          assert.include(stderr[1], `Cannot read ${shown}: `)
        }
      }
    }),
  )

  it.effect("a peer that is none is told what a peer looks like", () =>
    Effect.gen(function* () {
      const { torrent } = yield* stage()
      for (const peer of ["localhost", "localhost:0", "300.1.1.1:80", "::1:80", "a b:1", "http://x:1"]) {
        const { code, stderr } = yield* unchoke(["probe", torrent, "--peer", peer])
        assert.strictEqual(code, 1, peer)
        assert.include(stderr.join("\n"), "host:port, such as 127.0.0.1:51413, [::1]:6881 or seed.example.org:6881")
      }
    }),
  )
})

/** Torrents from files and from the web, as a program takes them. */
import { assert, describe, it, layer } from "@effect/vitest"
import { Torrent } from "@unchoke/engine"
import { NodeUnchoke } from "@unchoke/node"
import { Metainfo } from "@unchoke/protocol"
import { Content } from "@unchoke/testkit"
import { Effect } from "effect"
import { FetchHttpClient } from "effect/http"
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { createServer, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"

const { bytes, torrent } = Content.make({ files: 100_000 })

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "unchoke-sources-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true })),
)

const serving = (answer: RequestListener) =>
  Effect.acquireRelease(
    Effect.callback<ReturnType<typeof createServer>>((resume) => {
      const server = createServer(answer).listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.sync(() => server.close().closeAllConnections()),
  ).pipe(Effect.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`))

layer(NodeUnchoke.layer, { excludeTestServices: true })("Torrent.fromFile", (it) => {
  it.effect("reads a file", () =>
    Effect.gen(function* () {
      const there = yield* folder
      const file = join(there, "x.torrent")
      writeFileSync(file, bytes)
      assert.deepStrictEqual((yield* Torrent.fromFile(file)).infoHash, torrent.infoHash)
    }),
  )

  it.effect("fails as data: of what is not there, a folder, no torrent, a film, or a pipe", () =>
    Effect.gen(function* () {
      const there = yield* folder
      const film = join(there, "film")
      writeFileSync(film, "")
      assert.strictEqual((yield* Effect.flip(Torrent.fromFile(film)))._tag, "InvalidTorrent")
      truncateSync(film, Metainfo.maxLength + 1)
      assert.include((yield* Effect.flip(Torrent.fromFile(film))).message, "is longer than")
      const pipe = join(there, "pipe")
      execFileSync("mkfifo", [pipe])
      assert.include((yield* Effect.flip(Torrent.fromFile(pipe))).message, "is not a regular file")
      for (const path of [there, join(there, "nothing")]) {
        assert.strictEqual((yield* Effect.flip(Torrent.fromFile(path)))._tag, "PlatformError")
      }
    }),
  )
})

describe("Torrent.fromUrl", () => {
  for (const [name, client] of [
    ["Node's client", NodeUnchoke.layerHttp],
    ["fetch", FetchHttpClient.layer],
  ] as const) {
    it.live(
      `over redirects, and each failure by its reason, with ${name}`,
      () =>
        Effect.gen(function* () {
          const mine = `Basic ${Buffer.from("me:se:cré t").toString("base64")}`
          const site = yield* serving(({ headers, url }, response) => {
            if (url === "/here") response.writeHead(302, { location: "/there?passkey=secret" }).end()
            else if (url === "/there?passkey=secret") response.writeHead(200).end(bytes)
            else if (url === "/page") response.writeHead(200, { "content-type": "text/html" }).end("<html>")
            else if (url === "/long") response.writeHead(200).end(Buffer.alloc(Metainfo.maxLength + 1))
            else if (url === "/longer")
              response.writeHead(200, { "transfer-encoding": "chunked" }).end(Buffer.alloc(130 << 20))
            else if (url === "/never") response.writeHead(200).write("d8:announce")
            else if (url === "/ftp") response.writeHead(302, { location: "ftp://127.0.0.1/x.torrent" }).end()
            else if (url === "/packed") response.writeHead(200).end(gzipSync(bytes))
            else if (url === "/else") response.writeHead(200).end("else")
            else if (url === "/mine") response.writeHead(headers.authorization === mine ? 200 : 401).end(bytes)
            else response.writeHead(410).end()
          })
          const fetch = (path: string) => Torrent.fromUrl(site + path, { deadline: "50 seconds" })
          assert.deepStrictEqual((yield* fetch("/here")).infoHash, torrent.infoHash)
          const asMe = `${site.replace("//", "//me:se:cr%C3%A9%20t@")}/mine`
          assert.deepStrictEqual((yield* Torrent.fromUrl(asMe)).infoHash, torrent.infoHash)
          const reasons = {
            "/page": "web page",
            "/long": "too long",
            "/longer": "too long",
            "/packed": "unpackable",
            "/gone?passkey=secret": "status",
            "/rss/secret/name.torrent": "status",
          } as const
          for (const [path, reason] of Object.entries(reasons)) {
            const error = yield* Effect.flip(fetch(path))
            assert(error._tag === "TorrentNotFetched")
            assert.strictEqual(error.reason, reason)
            assert.notInclude(JSON.stringify(error) + error.message, "secret")
          }
          const never = Torrent.fromUrl(`${site}/never`, { deadline: "100 millis" })
          assert.deepInclude(yield* Effect.flip(never), { reason: "timed out" })
          assert.strictEqual((yield* Effect.flip(fetch("/else")))._tag, "InvalidTorrent")
          assert.deepInclude(yield* Effect.flip(Torrent.fromUrl("http://127.0.0.1:1/x")), { reason: "unreachable" })
          for (const url of ["no address", "", "http://", "ftp://127.0.0.1/x", "file:///etc/passwd", "data:,x"]) {
            assert.deepInclude(yield* Effect.flip(Torrent.fromUrl(url)), { reason: "bad address" }, url)
          }
          // A client may also say that it cannot go there.
          assert.deepInclude(yield* Effect.flip(fetch("/ftp")), { _tag: "TorrentNotFetched" })
        }).pipe(Effect.provide([client, NodeUnchoke.layer])),
      60_000,
    )
  }
})

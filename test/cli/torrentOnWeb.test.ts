/** Torrents by their addresses on the web, on real sockets: what is fetched, what is refused, and what is said meanwhile. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, layer } from "@effect/vitest"
import { Content } from "@unchoke/testkit"
import { Effect } from "effect"
import { execFileSync, spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createServer, type RequestListener, type Server } from "node:http"
import * as Https from "node:https"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { unchoke } from "./cli.ts"

const openssl = spawnSync("openssl", ["version"]).status === 0
const { bytes, torrent } = Content.make({ files: 100_000, pieceLength: 32_768 })

const listening = (server: Server) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<Server>((resume) => {
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) => Effect.sync(() => server.close().closeAllConnections()),
    ),
    (server) => (server.address() as AddressInfo).port,
  )

const serving = (answer: RequestListener) =>
  Effect.map(listening(createServer(answer)), (port) => `http://127.0.0.1:${port}`)

/** A server whose certificate nobody else has signed. */
const selfSigned = Effect.gen(function* () {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "unchoke-tls-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true })),
  )
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "key", "-out", "cert"]
  const subject = ["-days", "3", "-subj", "/CN=x", "-addext", "subjectAltName=IP:127.0.0.1"]
  execFileSync("openssl", ["req", "-x509", ...key, ...subject], { cwd: folder, stdio: "pipe" })
  const read = (name: string) => readFileSync(join(folder, name))
  const server = Https.createServer({ key: read("key"), cert: read("cert") }, (_, response) => response.end(bytes))
  return `https://127.0.0.1:${yield* listening(server)}/x.torrent`
})

layer(NodeServices.layer, { excludeTestServices: true })("a torrent on the web", (it) => {
  it.effect("is fetched, over redirects and packed, and the terminal says so meanwhile", () =>
    Effect.gen(function* () {
      const site = yield* serving((request, response) => {
        if (request.url === "/here") response.writeHead(302, { location: "there/x.torrent?a=b" }).end()
        else if (request.url === "/there/x.torrent?a=b") {
          response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(bytes))
        } else response.writeHead(404).end()
      })
      const shown = yield* unchoke(["show", `${site}/here`])
      assert.strictEqual(shown.code, 0, shown.stderr.join("\n"))
      assert.deepStrictEqual(shown.stderr, [`Fetching ${site}/here`])
      assert.include(shown.stdout.join("\n"), torrent.name)
      const json = yield* unchoke(["show", `${site}/here`, "--json"])
      assert.deepStrictEqual([json.code, json.stderr], [0, []])
    }),
  )

  it.effect("is not taken where it is none, each with its reason", () =>
    Effect.gen(function* () {
      const site = yield* serving((request, response) => {
        switch (request.url) {
          case "/gone":
            return response.writeHead(410).end()
          case "/circle":
            return response.writeHead(301, { location: "/circle" }).end()
          case "/magnet":
            return response.writeHead(302, { location: `magnet:?xt=urn:btih:${"0".repeat(40)}` }).end()
          case "/file":
            return response.writeHead(302, { location: "file:///etc/passwd" }).end()
          case "/page":
            return response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end("<html>")
          case "/cut":
            response.writeHead(200, { "content-length": 1000 })
            response.write("d8:announce")
            return setTimeout(() => response.destroy(), 10)
          case "/unpackable":
            return response.writeHead(200, { "content-encoding": "gzip" }).end("d8:announce")
          default:
            return request.socket.end("SSH-2.0-OpenSSH_9.2\r\n")
        }
      })
      for (const [path, why] of [
        ["/gone", "the server said 410 Gone"],
        ["/circle", "its redirects have no end"],
        ["/magnet", "it leads to an address that is not fetched; a browser shows which: give a magnet link itself"],
        ["/file", "it leads to an address that is not fetched; a browser shows which: give a magnet link itself"],
        ["/page", "it is a web page; copy the address of the .torrent file itself"],
        ["/cut", "the server reset the connection"],
        ["/unpackable", "the server packed it, and it cannot be unpacked"],
        ["/ssh", "what answers there is no web server"],
      ]) {
        const { code, stderr } = yield* unchoke(["show", `${site}${path}`])
        assert.strictEqual(code, 4)
        assert.deepStrictEqual(stderr.slice(1), [`error: Cannot read ${site}${path}: ${why}.`])
      }
    }),
  )

  it.effect.skipIf(!openssl)("is fetched from a server with a certificate of its own only where a flag says so", () =>
    Effect.gen(function* () {
      const url = yield* selfSigned
      for (const command of [["show"], ["download", "--output", join(tmpdir(), "nowhere")], ["probe"]]) {
        const { code, stderr } = yield* unchoke([...command, url])
        assert.strictEqual(code, 4)
        assert.deepStrictEqual(stderr.slice(1), [
          `error: Cannot read ${url}: the server's certificate is signed by nobody else; --insecure-tracker takes it as it is.`,
        ])
      }
      assert.strictEqual((yield* unchoke(["show", url, "--insecure-tracker"])).code, 0)
      const verify = yield* unchoke(["verify", url, tmpdir(), "--insecure-tracker", "--quiet"])
      assert.notStrictEqual(verify.code, 4)
      assert.notInclude(verify.stderr.join("\n"), "Fetching")
    }),
  )
})

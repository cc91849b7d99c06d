/** The commands and the web seeds of a torrent, on real sockets: what is fetched, and what is said of it. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, layer } from "@effect/vitest"
import { Metainfo } from "@unchoke/protocol"
import { Content } from "@unchoke/testkit"
import { Effect, FileSystem, Result } from "effect"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { unchoke } from "./cli.ts"

type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** A server that answers like this; its URL. */
const serving = (answer: Answer) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<Server>((resume) => {
        const server = createServer(answer).listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) => Effect.sync(() => server.close().closeAllConnections()),
    ),
    (server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
  )

const content = Content.make({ files: 900_000, pieceLength: 65_536 })

/** Gives parts, as it should. */
const parts: Answer = (request, response) => {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "")!.map(Number)
  response.writeHead(206, { "content-range": `bytes ${first}-${last}/${content.data.length}` })
  response.end(content.data.subarray(first!, last! + 1))
}

/** A folder with a torrent of these web seeds in it. */
const stage = Effect.fnUntraced(function* (...webSeeds: ReadonlyArray<string>) {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "unchoke-cli-" })
  const torrent = join(folder, "content.torrent")
  const metainfo = Result.getOrThrow(Metainfo.fromBytes(content.bytes))
  yield* fs.writeFile(torrent, Metainfo.toBytes({ ...metainfo, webSeeds }))
  const out = join(folder, "out")
  return { torrent, out, download: ["download", torrent, "--output", out], fs }
})

layer(NodeServices.layer, { excludeTestServices: true })("web seeds", (it) => {
  it.effect("are downloaded from, and named", () =>
    Effect.gen(function* () {
      const url = yield* serving(parts)
      const { download, fs, out } = yield* stage(url)
      const { code, stderr, stdout } = yield* unchoke(download)
      assert.strictEqual(code, 0, stderr.join("\n"))
      assert.include(stderr, `Downloading from the web seed ${url}`)
      assert.include(stdout.join("\n"), `, from ${url}.`)
      assert.deepStrictEqual(new Uint8Array(yield* fs.readFile(join(out, "content.bin"))), content.data)
    }),
  )

  it.effect("are named at the end when they gave something, and only then", () =>
    Effect.gen(function* () {
      const good = yield* serving(parts)
      const silent = yield* serving((request, response) => {
        const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "")!.map(Number)
        response.writeHead(206, { "content-range": `bytes ${first}-${last}/${content.data.length}` })
        response.write("not even a block")
      })
      const { download } = yield* stage(silent, good)
      const { code, stderr, stdout } = yield* unchoke([...download, "--block-timeout", "1s"])
      assert.strictEqual(code, 0, stderr.join("\n"))
      assert.include(stderr, `Downloading from the web seed ${silent}`)
      assert.include(stdout.join("\n"), `, from ${good}.`)
    }),
  )

  it.effect("are not asked where they are not wanted", () =>
    Effect.gen(function* () {
      let asked = 0
      const url = yield* serving((request, response) => {
        asked++
        parts(request, response)
      })
      const { download, torrent } = yield* stage(url)
      assert.strictEqual((yield* unchoke([...download, "--no-web-seeds"])).code, 6)
      assert.strictEqual((yield* unchoke(["probe", torrent, "--no-web-seeds"])).code, 6)
      assert.strictEqual(asked, 0)
    }),
  )

  it.effect("are probed: who would give us the file, and what the others say", () =>
    Effect.gen(function* () {
      const good = yield* serving(parts)
      const gone = yield* serving((_, response) => response.writeHead(410, "Gone with the wind").end())
      const whole = yield* serving((_, response) => response.end(content.data))
      const { torrent } = yield* stage(good, gone, whole, "http://me:secret@127.0.0.1:1/")
      const { code, stdout } = yield* unchoke(["probe", torrent])
      assert.strictEqual(code, 0)
      assert.match(stdout[0]!, /^WEB SEED +ANSWER +VERDICT$/)
      const said = stdout.slice(1).map((line) => line.split(/ {2,}/))
      assert.deepStrictEqual(
        new Map(said.map(([url, , verdict]) => [url, verdict])),
        new Map([
          [good, "would give us the file"],
          [whole, "would give us the file, from its beginning only"],
          [gone, "answered with 410 Gone with the wind"],
        ]),
      )
      const json = (yield* unchoke(["probe", torrent, "--json"])).stdout.map((line) => JSON.parse(line))
      assert.deepStrictEqual(
        json
          .filter(({ _tag }) => _tag === "WebSeedPassed")
          .map(({ url }) => url)
          .toSorted(),
        [good, whole].toSorted(),
      )
      assert.include(json.find(({ _tag }) => _tag === "WebSeedRejected")?.error.url, gone)
      const sheet = (yield* unchoke(["show", torrent])).stdout.join("\n")
      assert.include(sheet, `web seeds   ${good}`)
      assert.include(sheet, "web seed http://127.0.0.1:1/: user names are not supported")
      assert.notInclude(sheet + (yield* unchoke(["show", torrent, "--json"])).stdout.join("\n"), "secret")
    }),
  )

  it.effect("that all fail are named with what each of them says", () =>
    Effect.gen(function* () {
      const gone = yield* serving((_, response) => response.writeHead(404).end())
      const local = `${yield* serving(parts)}?query=/`
      const { download } = yield* stage(gone, local)
      const { code, stderr } = yield* unchoke(download)
      assert.strictEqual(code, 6)
      const answers = [
        `  ${gone}: answered with 404 Not Found`,
        `  ${local.replace("query=/", "…")}: was not called: it is in the local network, and its URL has a query`,
      ]
      assert.includeMembers(stderr, ["error: Nobody found who would give it to us:", ...answers])
      assert.include(stderr.join("\n"), "ask it with --local-tracker")
      assert.strictEqual((yield* unchoke([...download, "--local-tracker"])).code, 0)
    }),
  )

  it.effect("that are wrong leave nothing behind", () =>
    Effect.gen(function* () {
      const url = yield* serving((request, response) => {
        const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "")!.map(Number)
        response.writeHead(206, { "content-range": `bytes ${first}-${last}/${content.data.length}` })
        response.end(new Uint8Array(last! + 1 - first!))
      })
      const { download, fs, out } = yield* stage(url)
      const { code, stderr } = yield* unchoke(download)
      assert.strictEqual(code, 6)
      assert.include(stderr.join("\n"), "sent a corrupt piece")
      assert.isFalse(yield* fs.exists(out))
    }),
  )

  it.effect("are told in JSON by their URLs, with all that came from them", () =>
    Effect.gen(function* () {
      const url = yield* serving((request, response) => {
        if (request.headers.range === undefined) return
        // Slow enough for more than one report.
        setTimeout(() => parts(request, response), 400)
      })
      const { download } = yield* stage(url)
      const { code, stdout } = yield* unchoke([...download, "--json"])
      assert.strictEqual(code, 0)
      const events = stdout.map((line) => JSON.parse(line))
      assert.deepInclude(
        events.find(({ _tag }) => _tag === "WebSeedJoined"),
        { url, ranges: true },
      )
      const received = events.filter(({ _tag }) => _tag === "WebSeedReceived")
      assert.isTrue(received.every((event) => event.url === url && event.bytes > 0))
    }),
  )
})

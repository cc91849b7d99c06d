/** Real web servers as the only source, and beside a real client: all arrives byte by byte. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, layer } from "@effect/vitest"
import { Metainfo } from "@unchoke/protocol"
import { Effect, FileSystem, Result } from "effect"
import { join } from "node:path"
import { libtorrent } from "./clients/libtorrent.ts"
import * as Content from "./Content.ts"
import { mktorrent } from "./creators/mktorrent.ts"
import * as Ground from "./Ground.ts"
import { freePort } from "./loopback.ts"
import { output } from "./Process.ts"
import { nginx, nginxAt, nodeServer, pythonServer, type WebServer } from "./servers/WebServer.ts"
import { unchoke } from "./unchoke.ts"
import { whenInstalled } from "./whenInstalled.ts"

const pieceLength = 65_536

const folder = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped({ prefix: "unchoke-web-" }))

/** A folder that a server serves with a file or a folder in it, and a torrent of that. */
const ground = Effect.fnUntraced(function* (server: WebServer, layout: Content.Layout) {
  const fs = yield* FileSystem.FileSystem
  const root = yield* folder
  const name = layout === "single" ? "a file.bin" : "a folder"
  const source = yield* Content.write(root, name, layout)
  const url = yield* server.serve(root)
  const bare = join(yield* folder, "bare.torrent")
  yield* mktorrent.create({ source, output: bare, trackers: [], pieceLength, private: false })
  /** The same torrent with these web seeds. */
  const withSeeds = Effect.fnUntraced(function* (webSeeds: ReadonlyArray<string>) {
    const torrent = join(yield* folder, "x.torrent")
    const read = Result.getOrThrow(Metainfo.fromBytes(yield* fs.readFile(bare)))
    yield* fs.writeFile(torrent, Metainfo.toBytes({ ...read, webSeeds }))
    return torrent
  })
  return { root, source, url, withSeeds, expected: yield* Content.read(root) }
})

const servers = [nginx, pythonServer, nodeServer]

whenInstalled("web seeds", servers.flatMap(({ tools }) => tools).concat(Ground.tools, libtorrent.tools), () =>
  layer(NodeServices.layer, { excludeTestServices: true })("web seeds", (it) => {
    const cases = servers.flatMap((server) =>
      (["single", "multi"] as const).map((layout) => ({ server, name: server.name, layout })),
    )

    it.effect.each(cases)("$name alone gives $layout", ({ layout, server }) =>
      Effect.gen(function* () {
        const { expected, url, withSeeds } = yield* ground(server, layout)
        const torrent = yield* withSeeds([url])
        const to = yield* folder
        const finished = yield* unchoke("download", torrent, "--output", to)
        assert.strictEqual(finished.exitCode, 0, finished.stderr)
        assert.deepStrictEqual(yield* Content.read(to), expected)
        const probed = yield* unchoke("probe", torrent)
        assert.strictEqual(probed.exitCode, 0)
        assert.include(probed.stdout, server.ranges ? "would give us the file\n" : "from its beginning only")
      }),
    )

    it.effect.each(servers)("$name gives what is missing", (server) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const { expected, source, url, withSeeds } = yield* ground(server, "single")
        const to = yield* folder
        const half = Buffer.from(yield* fs.readFile(source))
        half.fill(0, half.length >> 1)
        yield* fs.writeFile(join(to, "a file.bin"), half)
        const finished = yield* unchoke("download", yield* withSeeds([url]), "--output", to, "--json")
        assert.strictEqual(finished.exitCode, 0, finished.stdout)
        assert.deepStrictEqual(yield* Content.read(to), expected)
        const ended = JSON.parse(finished.stdout.trim().split("\n").at(-1)!) as { readonly downloaded: number }
        assert.isAtMost(ended.downloaded, half.length - (half.length >> 1) + pieceLength)
      }),
    )

    it.effect("what nobody has is told in the words of each", () =>
      Effect.gen(function* () {
        const { url, withSeeds } = yield* ground(nginx, "single")
        const dead = `http://127.0.0.1:${yield* freePort("127.0.0.1")}/`
        const torrent = yield* withSeeds([`${url}nothing`, dead])
        const finished = yield* unchoke("probe", torrent)
        assert.strictEqual(finished.exitCode, 6)
        assert.include(finished.stderr, `${url}nothing: answered with 404 Not Found`)
        assert.include(finished.stderr, `${dead}: nobody listens there: the connection was refused`)
      }),
    )

    it.effect("beside a real client both give, and next to nothing is fetched twice", () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const swarm = yield* Ground.make({ size: 24 * Ground.MiB })
        yield* swarm.join(libtorrent, { has: "all", uploadLimit: 4 * Ground.MiB })
        const url = yield* nginxAt(2 * Ground.MiB).serve(yield* swarm.folder("all"))
        const read = Result.getOrThrow(Metainfo.fromBytes(yield* fs.readFile(swarm.torrent)))
        const torrent = join(yield* folder, "x.torrent")
        yield* fs.writeFile(torrent, Metainfo.toBytes({ ...read, webSeeds: [url] }))
        const to = yield* swarm.folder("nothing")
        const port = yield* freePort("127.0.0.1")
        const ours = yield* swarm.ours("download", { folder: to, port, torrent })
        assert.strictEqual(yield* ours.ended, 0)
        assert.isTrue(yield* swarm.isComplete(to))
        const sum = (tag: string) =>
          ours.lines.reduce((sum, { _tag, bytes = 0 }) => (_tag === tag ? sum + bytes : sum), 0)
        assert.isAbove(sum("Received"), Ground.MiB)
        assert.isAbove(sum("WebSeedReceived"), Ground.MiB)
        assert.isAtMost(sum("Received") + sum("WebSeedReceived"), 1.05 * swarm.size)
      }),
    )

    it.effect("mktorrent's web seeds are read", () =>
      Effect.gen(function* () {
        const { expected, source, url } = yield* ground(nginx, "multi")
        const torrent = join(yield* folder, "x.torrent")
        yield* output("mktorrent", ["-w", url, "-l", "16", "-o", torrent, source])
        const to = yield* folder
        const finished = yield* unchoke("download", torrent, "--output", to)
        assert.strictEqual(finished.exitCode, 0, finished.stderr)
        assert.deepStrictEqual(yield* Content.read(to), expected)
      }),
    )
  }),
)

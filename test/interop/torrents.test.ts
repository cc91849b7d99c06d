/** Our reading of other people's torrents is other people's reading of them. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, layer } from "@effect/vitest"
import { Metainfo } from "@unchoke/protocol"
import { Effect, FileSystem } from "effect"
import { createHash } from "node:crypto"
import { join } from "node:path"
import * as Content from "./Content.ts"
import type { Creator } from "./creators/Creator.ts"
import { libtorrentHybrid, libtorrentV1 } from "./creators/libtorrent.ts"
import { mktorrent } from "./creators/mktorrent.ts"
import { transmissionCreate } from "./creators/transmissionCreate.ts"
import { byLibtorrent, infoHashByAria2, infoHashByTransmission, type Reading } from "./readers/readers.ts"
import { command, libtorrent } from "./Tool.ts"
import { whenInstalled } from "./whenInstalled.ts"

const plain = [mktorrent, transmissionCreate, libtorrentV1]

/** transmission 3.00 refuses a hybrid, and aria2 hashes another `info` than the file has: neither expects the empty keys of a v2 file tree. */
const creators = [...plain, libtorrentHybrid]

const tools = [
  ...creators.flatMap((creator) => creator.tools),
  libtorrent,
  command("transmission-show"),
  command("aria2c"),
]

whenInstalled("torrents", tools, () =>
  layer(NodeServices.layer, { excludeTestServices: true })("torrents", (it) => {
    it.effect.each(cases(creators))("libtorrent reads $creator.name, $layout, as we do", (sample) =>
      Effect.gen(function* () {
        const torrent = yield* create(sample)
        assert.deepStrictEqual(yield* ours(torrent), yield* byLibtorrent(torrent))
      }),
    )

    it.effect.each(cases(plain))("transmission and aria2 agree on the info hash of $creator.name, $layout", (sample) =>
      Effect.gen(function* () {
        const torrent = yield* create(sample)
        const { infoHash } = yield* ours(torrent)
        assert.strictEqual(yield* infoHashByTransmission(torrent), infoHash)
        assert.strictEqual(yield* infoHashByAria2(torrent), infoHash)
      }),
    )
  }),
)

interface Case {
  readonly creator: Creator
  readonly layout: Content.Layout
}

const layouts: ReadonlyArray<Content.Layout> = ["single", "multi"]

function cases(of: ReadonlyArray<Creator>): ReadonlyArray<Case> {
  return of.flatMap((creator) => layouts.map((layout) => ({ creator, layout })))
}

const create = Effect.fnUntraced(function* ({ creator, layout }: Case) {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "unchoke-torrents-" })
  const torrent = join(folder, "made.torrent")
  yield* creator.create({
    source: yield* Content.write(folder, "größe and more", layout),
    output: torrent,
    trackers: ["http://127.0.1.1:6969/announce", "udp://127.0.1.1:6969/announce"],
    pieceLength: 32_768,
    private: layout === "multi",
  })
  return torrent
})

/** Our reading, in libtorrent's words. */
const ours = Effect.fnUntraced(function* (torrent: string) {
  const fs = yield* FileSystem.FileSystem
  const read = yield* Effect.fromResult(Metainfo.fromBytes(yield* fs.readFile(torrent)))
  const { info, name, geometry, pieceHashes, files, trackers } = read
  return {
    infoHash: createHash("sha1").update(info).digest("hex"),
    name,
    private: read.private,
    pieceLength: geometry.pieceLength,
    pieceHashes: Array.from({ length: geometry.pieces }, (_, piece) =>
      Buffer.from(pieceHashes.subarray(piece * 20, piece * 20 + 20)).toString("hex"),
    ),
    files: files.map(({ path, offset, length, padding }) => ({ path: path.join("/"), offset, length, padding })),
    trackers,
  } satisfies Reading
})

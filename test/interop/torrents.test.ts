/** Our reading of torrents, other people's and our own, is other people's reading of them. */
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, layer } from "@effect/vitest"
import { Effect, FileSystem, Layer, Schema } from "effect"
import { join } from "node:path"
import { Torrent } from "@unchoke/engine"
import * as Content from "./Content.ts"
import type { Creator } from "./creators/Creator.ts"
import { libtorrentHybrid, libtorrentV1 } from "./creators/libtorrent.ts"
import { mktorrent } from "./creators/mktorrent.ts"
import { transmissionCreate } from "./creators/transmissionCreate.ts"
import { unchokeCreate } from "./creators/unchoke.ts"
import { byLibtorrent, infoHashByAria2, infoHashByTransmission, type Reading } from "./readers/readers.ts"
import { command, libtorrent } from "./Tool.ts"
import { unchoke } from "./unchoke.ts"
import { whenInstalled } from "./whenInstalled.ts"

const plain = [mktorrent, transmissionCreate, libtorrentV1, unchokeCreate()]

/** transmission 3.00 refuses a hybrid, and aria2 hashes another `info` than the file has: neither expects the empty keys of a v2 file tree. */
const creators = [...plain, libtorrentHybrid]

const tools = [
  ...creators.flatMap((creator) => creator.tools),
  libtorrent,
  command("transmission-show"),
  command("aria2c"),
]

whenInstalled("torrents", tools, () =>
  layer(Layer.merge(NodeServices.layer, NodeCrypto.layerDigest), { excludeTestServices: true })("torrents", (it) => {
    it.effect.each(cases(creators))("libtorrent reads $creator.name, $layout, as we do", (sample) =>
      Effect.gen(function* () {
        const { torrent } = yield* create(sample)
        assert.deepStrictEqual(yield* ours(torrent), yield* byLibtorrent(torrent))
      }),
    )

    it.effect.each(cases(plain))("transmission and aria2 agree on the info hash of $creator.name, $layout", (sample) =>
      Effect.gen(function* () {
        const { torrent } = yield* create(sample)
        const { infoHash } = yield* ours(torrent)
        assert.strictEqual(yield* infoHashByTransmission(torrent), infoHash)
        assert.strictEqual(yield* infoHashByAria2(torrent), infoHash)
      }),
    )

    it.effect.each(cases(creators))("verify finds all of $creator.name, $layout, then one changed byte", (sample) =>
      Effect.gen(function* () {
        const { torrent, folder } = yield* create(sample)
        const whole = yield* unchoke("verify", torrent, folder, "--json")
        assert.strictEqual(whole.exitCode, 0, whole.stdout + whole.stderr)
        const changed = yield* changeByte(folder)
        const damaged = yield* unchoke("verify", torrent, folder, "--json")
        assert.strictEqual(damaged.exitCode, 1, damaged.stdout + damaged.stderr)
        const { pieces, present, files } = yield* Schema.decodeUnknownEffect(Verified)(damaged.stdout)
        assert.strictEqual(present, pieces - 1)
        assert.deepStrictEqual(
          files.map(({ path, what }) => ({ path, what })),
          [{ path: changed, what: "damaged" }],
        )
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

const name = "größe and more"

const create = Effect.fnUntraced(function* ({ creator, layout }: Case) {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "unchoke-torrents-" })
  const torrent = join(folder, "made.torrent")
  yield* creator.create({
    source: yield* Content.write(folder, name, layout),
    output: torrent,
    trackers: ["http://127.0.1.1:6969/announce", "udp://127.0.1.1:6969/announce"],
    pieceLength: 32_768,
    private: layout === "multi",
  })
  return { torrent, folder }
})

/** Turns over the middle byte of the greatest file in the folder; its path. */
const changeByte = Effect.fnUntraced(function* (folder: string) {
  const fs = yield* FileSystem.FileSystem
  const tree = Content.below(yield* Content.read(folder), name)
  const [path] = Object.entries(tree).toSorted(([, a], [, b]) => parseInt(b) - parseInt(a))[0]!
  const file = join(folder, path)
  const data = yield* fs.readFile(file)
  data[data.length >> 1]! ^= 0xff
  yield* fs.writeFile(file, data)
  return path
})

/** What `verify --json` says. */
const Verified = Schema.fromJsonString(
  Schema.Struct({
    pieces: Schema.Int,
    present: Schema.Int,
    files: Schema.Array(Schema.Struct({ path: Schema.String, what: Schema.String })),
  }),
)

/** Our reading, in libtorrent's words. */
const ours = Effect.fnUntraced(function* (torrent: string) {
  const fs = yield* FileSystem.FileSystem
  const read = yield* Torrent.fromBytes(yield* fs.readFile(torrent))
  const { name, geometry, pieceHashes, files, trackers } = read
  return {
    infoHash: hex(read.infoHash),
    name,
    private: read.private,
    pieceLength: geometry.pieceLength,
    pieceHashes: Array.from({ length: geometry.pieces }, (_, piece) =>
      hex(pieceHashes.subarray(piece * 20, piece * 20 + 20)),
    ),
    files: files.map(({ path, offset, length, padding }) => ({ path: path.join("/"), offset, length, padding })),
    trackers,
  } satisfies Reading
})

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex")

/** A torrent of two files, downloads of it that stop somewhere, and what the next one finds. */
import { Effect, Stream } from "effect"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { PieceStore, type StoredTorrent, type Torrent } from "@unchoke/engine"
import * as NodePieceStore from "../../../packages/node/src/NodePieceStore.ts"
import { type Made, make, pieceOf } from "../../compliance/TorrentOf.ts"
import * as HashedPieces from "../../crash/HashedPieces.ts"

const temporary = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "unchoke-resume-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true })),
)

export const made = make({
  pieceLength: 100,
  files: [
    { length: 950, padding: false, folder: 0 },
    { length: 450, padding: false, folder: 1 },
  ],
})
export const [first, second] = made.torrent.files.map(({ path }) => path.join("/")) as [string, string]
/** Its name until all of it is there. */
export const unfinished = `${first}.part`
/** The pieces of the first file, all but the one that both lie in. */
export const ofFirst = [0, 1, 2, 3, 4, 5, 6, 7, 8]
export const everyPiece = [...ofFirst, 9, 10, 11, 12, 13]

/** So long that no change can be taken for our own last write. */
export const aWhile = Effect.sleep(25)

export const open = (folder: string, torrent: Torrent = made.torrent) =>
  Effect.flatMap(PieceStore, (store) => store.open(torrent, folder))

export const present = (look: StoredTorrent["check"]) =>
  Effect.map(Stream.runCollect(look), (checked) => checked.filter(({ present }) => present).map(({ piece }) => piece))

export const put = Effect.fnUntraced(function* (stored: StoredTorrent, piece: number, of: Made = made) {
  const buffer = stored.lend()!
  buffer.set(pieceOf({ geometry: of.torrent.geometry, data: of.data }, piece))
  return yield* stored.write(piece, buffer)
})

/** A download that has looked at what is there and goes on. */
export const begin = Effect.fnUntraced(function* (folder: string, torrent?: Torrent) {
  const stored = yield* open(folder, torrent)
  yield* present(stored.resume)
  yield* stored.prepare
  return stored
})

/** A download that gets these pieces and is then stopped. */
export const get = Effect.fnUntraced(function* (folder: string, pieces: ReadonlyArray<number>, of: Made = made) {
  const stored = yield* begin(folder, of.torrent)
  for (const piece of pieces) yield* put(stored, piece, of)
}, Effect.scoped)

/** What the next download finds, and what it has to hash for that. */
export const find = Effect.fnUntraced(function* (
  folder: string,
  look: "resume" | "check" = "resume",
  fs: typeof Fs = Fs,
) {
  const { hashed, layer } = HashedPieces.make(fs)
  const found = yield* open(folder).pipe(
    Effect.flatMap((stored) => present(stored[look])),
    Effect.scoped,
    Effect.provide(layer),
  )
  return { present: found, hashed }
})

export const records = (folder: string) => Fs.readdirSync(folder).filter((name) => name.includes(".unchoke"))
export const recordIn = (folder: string) => Path.join(folder, records(folder)[0]!)

export const flip = (path: string, at: number) => {
  const fd = Fs.openSync(path, "r+")
  const byte = Buffer.alloc(1)
  Fs.readSync(fd, byte, 0, 1, at)
  Fs.writeSync(fd, Uint8Array.of(byte[0]! ^ 0xff), 0, 1, at)
  Fs.closeSync(fd)
}

export const inTemporary = (run: (folder: string) => Effect.Effect<void, unknown, PieceStore>) =>
  Effect.flatMap(temporary, run).pipe(Effect.scoped, Effect.provide(NodePieceStore.layer))

/** A torrent made of a file or a folder. */
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { Bencode, FilePath, InfoDictionary, Metainfo, MetainfoChanges, PieceLength, Utf8 } from "@unchoke/protocol"
import { Effect, Queue, Result, type Scope, Stream } from "effect"
import * as Fs from "node:fs"
import { availableParallelism } from "node:os"
import * as Path from "node:path"
import { type CreationEvent, type StorageError, Torrent, Uncreatable } from "@unchoke/engine"
import { toStorageError } from "../StorageFault.ts"
import { findFiles, type FindOptions, type FoundFiles, stampOf } from "./findFiles.ts"
import { batchOf, hashPieces } from "./hashPieces.ts"
import type { HashPlan } from "./pieceHasher.ts"

/** What a new torrent is like. Whatever is not said is left out of it, or follows from the files. */
export interface CreateOptions extends FindOptions {
  /** What the torrent's file or folder is called (default: as it is on the disk). */
  readonly name?: string | undefined
  /** Bytes, a power of two from 16 KiB to 512 MiB (default: by `PieceLength.forLength`). */
  readonly pieceLength?: number | undefined
  /** Whether peers may come from the torrent's own trackers only (BEP 27; default: no). */
  readonly private?: boolean | undefined
  /** Sets torrents of the same data apart (default: none). */
  readonly source?: string | undefined
  /** Announce URLs in tiers (BEP 12), and web seeds (BEP 19); none is looked at. */
  readonly trackers?: ReadonlyArray<ReadonlyArray<string>> | undefined
  readonly webSeeds?: ReadonlyArray<string> | undefined
  readonly comment?: string | undefined
  readonly createdBy?: string | undefined
  /** Seconds since 1970 (default: it is not told, so that the same content makes the same bytes). */
  readonly creationDate?: number | undefined
  /** Threads that read and hash (default: one for each core). */
  readonly threads?: number | undefined
}

/**
 * Makes a torrent of what is at `path`: a stream of events, of which `Created` is the last. Draining it works; interrupting it stops, and leaves nothing. Nothing is written.
 *
 * Fails with `StorageError`, which names the file that cannot be read, or that somebody has changed since it was found; with `Uncreatable` where there is nothing that makes a torrent.
 */
export const createTorrent = (
  path: string,
  options: CreateOptions = {},
): Stream.Stream<CreationEvent, StorageError | Uncreatable> => createTorrentOn(Fs, path, options)

/** The same on a file system of one's choice; the threads have Node's. */
export const createTorrentOn = (
  fs: typeof Fs,
  path: string,
  options: CreateOptions,
): Stream.Stream<CreationEvent, StorageError | Uncreatable> =>
  Stream.callback<CreationEvent, StorageError | Uncreatable>(
    (queue) =>
      Effect.scoped(create(fs, path, options, (event) => Effect.asVoid(Queue.offer(queue, event)))).pipe(
        Effect.andThen(Queue.end(queue)),
      ),
    { bufferSize: eventsAhead, strategy: "suspend" },
  )

/** So many events wait for a slow consumer; then the work waits for it too. */
const eventsAhead = 64

const create = Effect.fnUntraced(function* (
  fs: typeof Fs,
  path: string,
  options: CreateOptions,
  report: (event: CreationEvent) => Effect.Effect<void>,
): Effect.fn.Return<void, StorageError | Uncreatable, Scope.Scope> {
  const root = Path.resolve(path)
  const refused = (why: Uncreatable["why"], at: string = path) => Effect.fail(new Uncreatable({ path: at, why }))
  if (options.pieceLength !== undefined && PieceLength.whyNot(options.pieceLength) !== undefined) {
    return yield* refused("the piece length is no power of two from 16 KiB to 512 MiB")
  }
  const name = options.name ?? Path.basename(root)
  const isName = Result.match(FilePath.safeName(Utf8.fromText(name)), {
    onSuccess: (safe) => safe !== "",
    onFailure: () => false,
  })
  if (!isName) return yield* refused("its name is one that no client takes")
  const found = yield* findFiles(fs, root, options)
  for (const omitted of found.omitted) yield* report({ _tag: "Omitted", ...omitted })
  const length = found.files.reduce((sum, { stamp }) => sum + stamp.size, 0)
  if (found.files.length === 0) return yield* refused("there is no file in it")
  if (length === 0) return yield* refused("there is not a byte in it")
  const pieceLength = options.pieceLength ?? PieceLength.forLength(length)
  const pieces = Math.ceil(length / pieceLength)
  if (pieces * hashLength > Metainfo.maxLength) return yield* refused("it has too many pieces")
  if (tokensOf(found) > Bencode.defaultLimits.maxTokens) {
    return yield* refused("it has more files than a torrent can have")
  }
  const links = found.files.filter(({ link }) => link !== undefined).length
  yield* report({ _tag: "Found", name, files: found.files.length - links, links, length, pieceLength, pieces })

  const plan = planOf(found, length, pieceLength)
  const threads = Math.max(1, options.threads ?? availableParallelism())
  let told = 0
  const hashed = (bytes: number) =>
    Effect.suspend(() => {
      // Several threads may tell of the same.
      if (bytes <= told) return Effect.void
      told = bytes
      return report({ _tag: "Hashed", bytes, length })
    })
  yield* Effect.scoped(hashPieces(fs, plan, threads, (done) => hashed(Math.min(done * pieceLength, length - 1))))
  yield* unchanged(fs, found)
  yield* hashed(length)

  const info = InfoDictionary.encode({
    content: found.single
      ? length
      : found.files.map(({ link, path, stamp }) => ({ path, length: stamp.size, ...(link && { link }) })),
    name,
    pieceHashes: new Uint8Array(plan.hashes.slice(0)),
    pieceLength,
    private: options.private,
    source: options.source,
  })
  const bytes = Result.getOrThrow(MetainfoChanges.apply(MetainfoChanges.fromInfo(info), options))
  const torrent = yield* Torrent.fromBytes(bytes).pipe(
    Effect.provide(NodeCrypto.layerDigest),
    // Names and numbers were looked at before.
    Effect.orDie,
  )
  if (torrent.name !== name) yield* report({ _tag: "Renamed", path: root, name: torrent.name })
  for (const [index, { path }] of torrent.files.entries()) {
    const file = found.files[index]!
    const name = path.at(-1)!
    if (torrent.files[index]!.padding) return yield* refused("its name is one that no client takes", file.place)
    if (!found.single && name !== file.path.at(-1)) yield* report({ _tag: "Renamed", path: file.place, name })
  }
  yield* report({ _tag: "Created", bytes, torrent, content: contentOf(torrent, found) })
})

/** What a torrent of these has of what a reader counts (`Bencode.Limits`), and room for what stands around. */
const tokensOf = ({ files }: FoundFiles): number =>
  files.reduce((sum, { link = [], path }) => sum + 9 + path.length + link.length, 1000)

/** Of SHA-1, in bytes. */
const hashLength = 20

const planOf = ({ files }: FoundFiles, length: number, pieceLength: number): HashPlan => {
  const lengths = Float64Array.from(files, ({ stamp }) => stamp.size)
  const offsets = new Float64Array(files.length)
  for (let file = 1; file < files.length; file++) offsets[file] = offsets[file - 1]! + lengths[file - 1]!
  return {
    places: files.map(({ place }) => place).join("\0"),
    offsets,
    lengths,
    times: Float64Array.from(files, ({ stamp }) => stamp.mtimeMs),
    inodes: Float64Array.from(files, ({ stamp }) => stamp.ino),
    length,
    pieceLength,
    batch: batchOf(pieceLength),
    hashes: new SharedArrayBuffer(Math.ceil(length / pieceLength) * hashLength),
    state: new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT),
  }
}

/** Files that are looked at between two looks at anything else. */
const filesAtOnce = 512

/** What was hashed first may have been changed since. */
const unchanged = Effect.fnUntraced(function* (fs: typeof Fs, { files }: FoundFiles) {
  for (const [index, { link, place, stamp }] of files.entries()) {
    if (index % filesAtOnce === 0) yield* Effect.yieldNow
    if (link !== undefined) continue
    const now = yield* Effect.sync(() => fs.statSync(place, { throwIfNoEntry: false })).pipe(
      Effect.catchDefect(() => Effect.undefined),
    )
    const { ino, mtimeMs, size } = now === undefined ? { ino: -1, mtimeMs: -1, size: -1 } : stampOf(now)
    if (ino === stamp.ino && mtimeMs === stamp.mtimeMs && size === stamp.size) continue
    const code = now === undefined ? "ENOENT" : "ECHANGED"
    return yield* toStorageError({ operation: "read", path: place, code, message: "it is not as it was found" })
  }
})

/** Called as on the disk: a name may be another one for those who take it from the torrent. */
const contentOf = (torrent: Torrent, { files, root }: FoundFiles) => {
  const name = Path.basename(root)
  return {
    torrent: {
      ...torrent,
      name,
      files: torrent.files.map((file, index) => {
        const { link, path } = files[index]!
        return { ...file, path: [name, ...path], ...(link && { link: [name, ...link] }) }
      }),
    },
    folder: Path.dirname(root),
    seen: files.map(({ stamp }) => stamp),
  }
}

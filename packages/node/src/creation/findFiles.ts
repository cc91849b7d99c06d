/**
 * The files that a torrent is made of, in its order.
 *
 * Pipes, sockets and devices are left out, and told. A symbolic link is taken as a link (BEP 47) where it leads to something that is in the torrent, or else left out and told; with
 * `followLinks` what it leads to is taken. Nothing is opened.
 */
import { FilePath } from "@unchoke/protocol"
import { Effect, Result } from "effect"
import { isUtf8 } from "node:buffer"
import type * as Fs from "node:fs"
import * as Path from "node:path"
import type { StorageError } from "@unchoke/engine"
import { type FileStamp, type Omission, Uncreatable } from "@unchoke/engine"
import { toStorageError } from "../StorageFault.ts"
import { keyOf, ordered } from "./ordered.ts"

export interface FindOptions {
  /** Whether files and folders whose names begin with a dot are taken (default: yes). */
  readonly hidden?: boolean | undefined
  /** Whether files without bytes are taken (default: yes). */
  readonly empty?: boolean | undefined
  /** Whether what a symbolic link leads to is taken in the link's place (default: no). */
  readonly followLinks?: boolean | undefined
  /** By the bytes of their paths, as mktorrent has them, or without regard to the case of A to Z, as transmission 3 (default: bytes). */
  readonly order?: "bytes" | "letters" | undefined
  /** A file that is not to be taken: the torrent that will be written. Absolute. */
  readonly except?: string | undefined
}

export interface FoundFile {
  /** Absolute. */
  readonly place: string
  /** Below the folder; empty where there is but one file, and that is it. */
  readonly path: ReadonlyArray<string>
  readonly stamp: FileStamp
  /** Of a link where it leads, below the folder. */
  readonly link?: ReadonlyArray<string>
}

export interface FoundFiles {
  /** The file or folder, absolute. */
  readonly root: string
  readonly single: boolean
  readonly files: ReadonlyArray<FoundFile>
  readonly omitted: ReadonlyArray<{ readonly path: string; readonly why: Omission }>
}

/** Entries that are looked at between two looks at anything else. */
const entriesAtOnce = 512

/** Folders within each other that are gone into; our own reader, and libtorrent's, take no more. */
const maxDepth = 100

export const findFiles = Effect.fnUntraced(function* (
  fs: typeof Fs,
  root: string,
  options: FindOptions = {},
): Effect.fn.Return<FoundFiles, StorageError | Uncreatable> {
  const stat = yield* looked(() => fs.statSync(root), root).pipe(Effect.mapError((error) => ofLink(fs, root, error)))
  if (stat.isFile()) {
    return { root, single: true, files: [{ place: root, path: [], stamp: stampOf(stat) }], omitted: [] }
  }
  if (!stat.isDirectory()) return yield* new Uncreatable({ path: root, why: "it is neither a file nor a folder" })
  const walk = new Walk(fs, root, options)
  yield* walk.folder(root, [], [identityOf(stat)])
  const { files, omitted } = walk.settled()
  return { root, single: false, files: ordered(files, options.order ?? "bytes"), omitted }
})

/** What is the matter with a link that cannot be followed; of anything else the error itself. */
const ofLink = (fs: typeof Fs, path: string, error: StorageError): StorageError | Uncreatable => {
  try {
    if (!fs.lstatSync(path).isSymbolicLink()) return error
  } catch {
    return error
  }
  if (error.reason === "not found") return new Uncreatable({ path, why: "it is a link that leads nowhere" })
  return (error.cause as { readonly code?: string } | undefined)?.code === "ELOOP"
    ? new Uncreatable({ path, why: "it is a link that leads in a circle" })
    : error
}

export const stampOf = ({ birthtimeMs, ctimeMs, ino, mtimeMs, size }: Fs.Stats): FileStamp => ({
  size,
  mtimeMs,
  ctimeMs,
  birthMs: birthtimeMs,
  ino,
})

const identityOf = ({ dev, ino }: Fs.Stats): string => `${dev}:${ino}`

class Walk {
  readonly #fs: typeof Fs
  readonly #root: string
  readonly #options: FindOptions
  readonly #files: Array<FoundFile> = []
  readonly #links: Array<FoundFile & { readonly link: ReadonlyArray<string>; readonly leadsTo: string }> = []
  readonly #omitted: Array<{ readonly path: string; readonly why: Omission }> = []
  #looked = 0

  constructor(fs: typeof Fs, root: string, options: FindOptions) {
    this.#fs = fs
    this.#root = root
    this.#options = options
  }

  /** `within` are the folders that lead here. */
  folder(
    place: string,
    path: ReadonlyArray<string>,
    within: ReadonlyArray<string>,
  ): Effect.Effect<void, StorageError | Uncreatable> {
    return Effect.gen({ self: this }, function* () {
      const fs = this.#fs
      const names = yield* looked(() => fs.readdirSync(place, { encoding: "buffer" }), place)
      for (const bytes of names) {
        if (this.#looked++ % entriesAtOnce === 0) yield* Effect.yieldNow
        if (this.#options.hidden === false && bytes[0] === dot) continue
        const name = yield* nameOf(bytes, place)
        const at = Path.join(place, name)
        if (at === this.#options.except) {
          this.#omit(at, "it is the torrent that is to be written")
          continue
        }
        yield* this.#entry(at, [...path, name], within)
      }
    })
  }

  #entry(place: string, path: ReadonlyArray<string>, within: ReadonlyArray<string>) {
    return Effect.gen({ self: this }, function* () {
      const fs = this.#fs
      let stat = yield* looked(() => fs.lstatSync(place), place)
      if (stat.isSymbolicLink()) {
        if (this.#options.followLinks !== true) return this.#link(place, path, stat)
        const target = yield* looked(() => targetOf(fs, place), place)
        if (target === undefined) return this.#omit(place, "it is a link that leads nowhere")
        stat = target
      }
      if (stat.isDirectory()) {
        const identity = identityOf(stat)
        if (within.includes(identity)) return this.#omit(place, "it is a link that leads in a circle")
        if (path.length > maxDepth) return yield* new Uncreatable({ path: place, why: takenByNobody })
        return yield* this.folder(place, path, [...within, identity])
      }
      if (!stat.isFile()) return this.#omit(place, "it is a pipe, a socket or a device")
      if (stat.size > 0 || this.#options.empty !== false) this.#files.push({ place, path, stamp: stampOf(stat) })
    })
  }

  #omit(path: string, why: Omission): void {
    this.#omitted.push({ path, why })
  }

  /** A link counts when it leads, by the way that it names, to where it really leads, and that is in the folder. */
  #link(place: string, path: ReadonlyArray<string>, stat: Fs.Stats): void {
    const fs = this.#fs
    try {
      const target = Path.resolve(Path.dirname(place), fs.readlinkSync(place))
      const real = fs.realpathSync(place)
      const top = fs.realpathSync(this.#root)
      const named = Path.relative(this.#root, target)
      const leadsTo = Path.relative(top, real)
      const isInside = isBelow(named) && isBelow(leadsTo) && fs.realpathSync(target) === real
      if (!isInside) return this.#omit(place, "it is a link that leads out of the folder")
      const link = named.split(Path.sep)
      this.#links.push({ place, path, stamp: { ...stampOf(stat), size: 0 }, link, leadsTo })
    } catch {
      this.#omit(place, "it is a link that leads nowhere")
    }
  }

  /** With the links that lead to what is in the torrent. */
  settled() {
    const there = new Set<string>()
    for (const { path } of this.#files) {
      for (let length = path.length; length > 0 && !there.has(keyOf(path.slice(0, length))); length--) {
        there.add(keyOf(path.slice(0, length)))
      }
    }
    const links = this.#links.filter(({ leadsTo, place }) => {
      if (there.has(leadsTo.split(Path.sep).join("/"))) return true
      this.#omit(place, "it is a link that leads nowhere")
      return false
    })
    return { files: [...this.#files, ...links], omitted: this.#omitted }
  }
}

const isBelow = (path: string): boolean => path !== "" && !/^\.\.(?:[/\\]|$)/.test(path) && !Path.isAbsolute(path)

/** What a link leads to; `undefined` where that is nothing. */
const targetOf = (fs: typeof Fs, place: string): Fs.Stats | undefined => {
  try {
    return fs.statSync(place)
  } catch (error) {
    const { code } = error as { readonly code?: string }
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP") return undefined
    throw error
  }
}

const dot = 0x2e

const takenByNobody = "its name is one that no client takes"

const nameOf = (bytes: Buffer, folder: string): Effect.Effect<string, Uncreatable> => {
  if (!isUtf8(bytes)) {
    return Effect.fail(new Uncreatable({ path: Path.join(folder, spelled(bytes)), why: "its name is not UTF-8" }))
  }
  const name = bytes.toString()
  const safe = FilePath.safeName(bytes)
  return Result.isFailure(safe) || safe.success === ""
    ? Effect.fail(new Uncreatable({ path: Path.join(folder, name), why: takenByNobody }))
    : Effect.succeed(name)
}

/** As a shell would take it: `caf\xe9`. */
const spelled = (bytes: Buffer): string =>
  bytes.toString("latin1").replace(/[^ -~]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, "0")}`)

const looked = <A>(look: () => A, path: string): Effect.Effect<A, StorageError> =>
  Effect.try({
    try: look,
    catch: (cause) => {
      const { code = "", message } = cause as Error & { readonly code?: string }
      return toStorageError({ operation: "open", path, code, message })
    },
  })

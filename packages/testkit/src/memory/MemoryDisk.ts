/** A disk in memory, and the torrents that are opened on it. */
import { Geometry } from "@unchoke/protocol"
import { Effect, Scope, Stream } from "effect"
import {
  FileChoice,
  type LeftOut,
  type OpenOptions,
  StorageError,
  type StoredTorrent,
  type Torrent,
  type Verdict,
} from "@unchoke/engine"
import { isPieceOf } from "./isPieceOf.ts"
import { Loans } from "./Loans.ts"
import { MemoryFile } from "./MemoryFile.ts"
import type { Options } from "./Options.ts"

export class MemoryDisk {
  readonly files = new Map<string, Uint8Array>()
  readonly links = new Map<string, string>()
  readonly stored = new Map<number, number>()
  reads = 0
  #writes = 0
  readonly #loans: Array<Loans> = []
  readonly #options: Options
  /** Files that were made for a torrent. */
  readonly #made = new Set<string>()
  readonly #locked = new Set<string>()
  /** What pieces across a border have of files that are not chosen: by torrent, file and piece. */
  readonly #chosen = new Map<string, FileChoice>()
  readonly #borders = new Map<string, Map<string, Uint8Array>>()

  constructor(options: Options) {
    this.#options = options
    for (const [path, bytes] of Object.entries(options.files ?? {})) this.files.set(path, bytes.slice())
  }

  /** How many buffers are out. */
  get lent(): number {
    return this.#loans.reduce((sum, { size }) => sum + size, 0)
  }

  open(torrent: Torrent, folder: string, options: OpenOptions = {}, scope: Scope.Scope): StoredTorrent {
    const { geometry } = torrent
    const overwrite = options.overwrite === true
    const choice = options.choice ?? new FileChoice(torrent, torrent.files.keys())
    const key = `${folder}/${Buffer.from(torrent.infoHash).toString("hex")}`
    const border = this.#borders.get(key) ?? new Map<string, Uint8Array>()
    this.#borders.set(key, border)
    const files = torrent.files.map(
      (file) => new MemoryFile(this.files, [folder, ...file.path].join("/"), file, geometry),
    )
    const data = files.filter(({ extent }) => !extent.padding && extent.link === undefined)
    const loans = new Loans(geometry.pieceLength, this.#options.buffers ?? 4)
    this.#loans.push(loans)
    /** The pieces that are right, as far as one has looked. */
    const there = new Set<number>()
    const spans = (piece: number) =>
      Geometry.spans(files, Geometry.pieceStart(geometry, piece), Geometry.pieceSize(geometry, piece)).filter(
        ({ extent: { extent } }) => !extent.padding,
      )
    const isRight = (piece: number, bytes: Uint8Array) => isPieceOf(torrent, piece, bytes)
    const isThere = (piece: number) => there.has(piece)

    const isChosen = ({ extent }: MemoryFile) => choice.has(torrent.files.indexOf(extent))
    const asideAt = (file: MemoryFile, piece: number) => `${file.name} ${piece}`
    /** Whether what there is of the file lies in the border. */
    const isAside = (file: MemoryFile): boolean => {
      if (file.bytes === undefined) return true
      if (this.#made.has(file.place)) return false
      return file.pieces.some((piece) => border.has(asideAt(file, piece)))
    }
    const found = (file: MemoryFile, piece: number, within: number, length: number) => {
      if (!isAside(file)) return file.bytes?.subarray(within, within + length)
      const from = within - Math.max(0, Geometry.pieceStart(geometry, piece) - file.offset)
      return border.get(asideAt(file, piece))?.subarray(from, from + length)
    }

    const look = (piece: number) => {
      const bytes = new Uint8Array(Geometry.pieceSize(geometry, piece))
      const missing = spans(piece).some(({ at, extent: file, length, within }) => {
        const there = found(file, piece, within, length)
        if (there?.length !== length) return true
        bytes.set(there, at)
        return false
      })
      const present = !missing && isRight(piece, bytes)
      if (present) there.add(piece)
      else there.delete(piece)
      return { piece, present }
    }
    /** Whether the file may be this torrent's, and has to be compared before it is written to. */
    const isShared = ({ bytes, extent, pieces }: MemoryFile) =>
      bytes?.length === extent.length && pieces.every((piece) => spans(piece).length > 1)
    const isOurs = (file: MemoryFile) => {
      const bytes = file.bytes
      if (bytes === undefined || this.#made.has(file.place) || bytes.every((byte) => byte === 0)) return true
      // What is right of it lies elsewhere.
      if (isAside(file)) return false
      return file.pieces.some(isThere)
    }
    const refusal = (file: MemoryFile) =>
      new StorageError({
        operation: "create",
        path: file.place,
        reason: "not this torrent's",
        size: file.bytes?.length ?? 0,
      })
    const claim = Effect.suspend(() => {
      const foreign = overwrite
        ? undefined
        : data.find((file) => isChosen(file) && !isOurs(file) && (isAside(file) || !isShared(file)))
      return foreign === undefined ? Effect.void : Effect.fail(refusal(foreign))
    })
    const bring = (file: MemoryFile, into: Uint8Array) => {
      for (const piece of file.pieces) {
        const at = Math.max(0, Geometry.pieceStart(geometry, piece) - file.offset)
        if (isThere(piece)) into.set(border.get(asideAt(file, piece)) ?? [], at)
      }
    }
    const leave = () => {
      if (
        there.size > 0 ||
        !Array.from({ length: geometry.pieces }, (_, piece) => choice.wants(piece)).includes(true)
      ) {
        return
      }
      for (const { place } of data) if (this.#made.delete(place)) this.files.delete(place)
    }
    const remember = () => void this.#chosen.set(key, choice)
    const prepare = () => {
      for (const file of data) {
        const complete = file.pieces.every(isThere)
        if (!isChosen(file) && (isAside(file) || !isOurs(file) || file.place === file.name)) continue
        if (!complete && !isOurs(file) && isShared(file) && !overwrite) continue
        if (!complete && file.pieces.length === 1) continue
        const ours = isOurs(file)
        const sized = new Uint8Array(file.extent.length)
        if (isAside(file)) bring(file, sized)
        else if (ours && file.bytes !== undefined) sized.set(file.bytes.subarray(0, sized.length))
        file.put(sized, complete, ours)
        this.#made.add(file.place)
      }
    }
    const store = (piece: number, bytes: Uint8Array): Effect.Effect<Verdict, StorageError> => {
      if (!isRight(piece, bytes)) return Effect.succeed("corrupt")
      const failure = this.#options.fail?.(++this.#writes, piece)
      if (failure !== undefined) return Effect.fail(failure)
      const wanted = ({ at, length }: { readonly at: number; readonly length: number }) =>
        bytes.subarray(at, at + length)
      const isKeptAside = (file: MemoryFile) => !isChosen(file) && (isAside(file) || !isOurs(file))
      const aside = spans(piece).filter(({ extent }) => isKeptAside(extent))
      const inPlace = spans(piece).filter(({ extent }) => !isKeptAside(extent))
      const foreign = inPlace.find((span) => {
        const found = span.extent.bytes?.subarray(span.within, span.within + span.length)
        return !overwrite && !isOurs(span.extent) && !wanted(span).every((byte, at) => byte === found?.[at])
      })
      if (foreign !== undefined) return Effect.fail(refusal(foreign.extent))
      there.add(piece)
      for (const span of aside) border.set(asideAt(span.extent, piece), wanted(span).slice())
      for (const span of inPlace) {
        const file = span.extent
        const whole = file.bytes?.length === file.extent.length ? file.bytes : new Uint8Array(file.extent.length)
        whole.set(wanted(span), span.within)
        file.put(whole, file.pieces.every(isThere))
        this.#made.add(file.place)
      }
      this.stored.set(piece, (this.stored.get(piece) ?? 0) + 1)
      return Effect.succeed("stored")
    }
    const read = (start: number, into: Uint8Array): Effect.Effect<void, StorageError> => {
      for (const { at, extent: file, length, within } of Geometry.spans(files, start, into.length)) {
        for (let done = 0; done < length;) {
          const piece = Math.floor((start + at + done) / geometry.pieceLength)
          const some = Math.min(length - done, Geometry.pieceStart(geometry, piece + 1) - (start + at + done))
          const there = file.extent.padding ? new Uint8Array(some) : found(file, piece, within + done, some)
          if (there === undefined || there.length < some) {
            const reason = there === undefined ? "not found" : "changed"
            return Effect.fail(new StorageError({ operation: "read", path: file.place, reason }))
          }
          into.set(there, at + done)
          done += some
        }
      }
      return Effect.void
    }
    let isLocked = false
    const lock = Effect.suspend(() => {
      if (isLocked) return Effect.void
      if (this.#locked.has(key)) {
        return Effect.fail(new StorageError({ operation: "open", path: folder, reason: "in use", holder: process.pid }))
      }
      isLocked = true
      this.#locked.add(key)
      return Scope.addFinalizer(
        scope,
        Effect.sync(() => this.#locked.delete(key)),
      )
    })
    const check = Stream.map(Stream.range(0, geometry.pieces - 1), look)
    return {
      lock,
      check,
      // It remembers nothing: what is there is seen at once.
      resume: check,
      found: Effect.sync(() =>
        files.map((file, index) => ({
          path: file.place,
          size: file.bytes?.length,
          unfinished: file.place !== file.name,
          chosen: this.#chosen.get(key)?.has(index) !== false,
          linked: file.extent.link !== undefined && this.links.get(file.name) === file.extent.link.join("/"),
        })),
      ),
      claim,
      prepare: Effect.gen(function* () {
        yield* Effect.andThen(lock, claim)
        if (data.every(({ bytes }) => bytes === undefined)) yield* Scope.addFinalizer(scope, Effect.sync(leave))
        prepare()
        remember()
      }),
      lend: () => loans.lend(),
      giveBack: (buffer) => loans.giveBack(buffer),
      write: (piece, buffer) => {
        const writing = Effect.suspend(() => store(piece, buffer.subarray(0, Geometry.pieceSize(geometry, piece))))
        const { delay } = this.#options
        return Effect.ensuring(
          delay === undefined ? writing : Effect.delay(writing, delay),
          Effect.sync(() => loans.giveBack(buffer)),
        )
      },
      read: (piece, begin, into) => {
        const reading = Effect.suspend(() => {
          this.reads++
          let start = Geometry.pieceStart(geometry, piece) + begin
          return Effect.forEach(
            into,
            (part) => {
              const from = start
              start += part.length
              return read(from, part)
            },
            { discard: true },
          )
        })
        const { readDelay } = this.#options
        return readDelay === undefined ? reading : Effect.delay(reading, readDelay)
      },
      retire: Effect.void,
      link: Effect.sync(() => this.#link(files.filter(isChosen))),
    }
  }

  #link(files: ReadonlyArray<MemoryFile>): ReadonlyArray<LeftOut> {
    return files.flatMap(({ extent: { link }, name }): ReadonlyArray<LeftOut> => {
      if (link === undefined) return []
      if (link.length === 0) return [{ path: name, why: "it leads out of the torrent" }]
      if (this.files.has(name)) return [{ path: name, why: "something else is there" }]
      this.links.set(name, link.join("/"))
      return []
    })
  }
}

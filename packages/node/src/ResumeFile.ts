/**
 * The file beside a download that remembers what is verified, so that going on needs no reading of all that is there.
 *
 * It is believed as far as the files' sizes and times are as we left them; whatever else is found is read and hashed. It never stands in the way: where
 * it can't be read, nothing is known, and where it can't be written, nothing is remembered.
 *
 * Its name is the torrent's info hash, so torrents in one folder do not share it, and no torrent can contain its own.
 */
import { Geometry, type Metainfo } from "@unchoke/protocol"
import { Effect } from "effect"
import * as Crypto from "node:crypto"
import type * as Fs from "node:fs"
import * as Os from "node:os"
import type { FileStamp, Torrent } from "@unchoke/engine"
import type { Layout } from "./Disk.ts"
import type { FileSurvey, Seen } from "./FileSurvey.ts"
import { piecesOf } from "./PieceSpans.ts"
import * as ResumeRecord from "./ResumeRecord.ts"
import { PieceState, stampSize } from "./ResumeRecord.ts"

/** The record's name in the download folder. */
export const nameOf = ({ infoHash }: Pick<Torrent, "infoHash">): string =>
  `.${Buffer.from(infoHash).toString("hex")}.unchoke`

/** The border file's name: what there is of files that were not chosen, in pieces that they share with others. */
export const borderNameOf = (torrent: Pick<Torrent, "infoHash">): string => `${nameOf(torrent)}.border`

/** Whether a torrent may not call a file so. */
export const isReserved = (name: string): boolean => /^\.[0-9a-f]{40}\.unchoke/i.test(name)

/**
 * How far the time of a file's change may lie from the time at which we were about to write to it, in milliseconds, for a change that is our own. File
 * systems take the time of the last tick (up to 10 ms ago) at the begin of a write; a beat is up to 2 ms old by then.
 */
const earlier = 10
const later = 7

/** The same of the time at which it was made: a beat follows before the first of its bytes is written. */
const laterMade = 3

/** Files that are looked at between two looks at anything else. */
const filesAtOnce = 1024

/** Which files are ours, as far as it is remembered. */
export interface Claims {
  /** What is there now is the file that we made, whatever has happened to it since: not another one of its name. */
  readonly isOurs: (file: number, seen: Seen) => boolean
  /** What there was of it was in the border's file. */
  readonly wasAside: (file: number) => boolean
  /** It was chosen. */
  readonly wasChosen: (file: number) => boolean
  /** Something of it may be right. */
  readonly holds: (file: number) => boolean
}

/** What a new record says of each file. */
export interface Left {
  readonly isOurs: (file: number) => boolean
  readonly isAside: (file: number) => boolean
  readonly isChosen: (file: number) => boolean
}

export class ResumeFile {
  readonly #fs: typeof Fs
  readonly #torrent: Torrent
  readonly #owner: ResumeRecord.Owner
  readonly #layout: Layout
  readonly #stamps: Float64Array

  constructor(fs: typeof Fs, torrent: Torrent, layout: Layout) {
    this.#fs = fs
    this.#torrent = torrent
    this.#owner = ownerOf(fs, torrent, layout)
    this.#layout = layout
    this.#stamps = new Float64Array(layout.stamps)
  }

  /**
   * What is known of each piece (`PieceState`), seeing what is in the files' places, and which are aside; `undefined` when nothing is. The stamps of files that are as we left them
   * are known from here on. Where all of the torrent was `seen`, that counts instead of the record.
   */
  recall(
    survey: FileSurvey,
    isAside: (file: number) => boolean,
    seen?: ReadonlyArray<FileStamp>,
  ): Effect.Effect<Uint8Array | undefined> {
    return Effect.suspend(() => {
      const remembered = seen === undefined ? this.#read() : this.#seen(seen)
      return remembered === undefined
        ? Effect.undefined
        : Effect.as(this.#compare(remembered, survey, isAside), remembered.pieces)
    })
  }

  /** What it says of whose the files are; `undefined` when it says nothing. */
  get claims(): Claims | undefined {
    const remembered = this.#read()
    if (remembered === undefined) return undefined
    const { stamps, writing } = remembered
    const touches = (index: number, isOne: (piece: number) => boolean): boolean => {
      const [first, end] = piecesOf(this.#torrent.geometry, this.#torrent.files[index]!)
      for (let piece = first; piece < end; piece++) if (isOne(piece)) return true
      return false
    }
    const last = new Set(writing?.pieces)
    const wasAside = (file: number) => stamps[file * stampSize] === ResumeRecord.aside
    return {
      wasAside,
      wasChosen: remembered.isChosen,
      holds: (file) => touches(file, (piece) => remembered.pieces[piece] !== PieceState.missing),
      isOurs: (file, seen) =>
        seen.kind === "file" &&
        (isTheOne(seen, stamps.subarray(file * stampSize, (file + 1) * stampSize)) ||
          (wasMadeLast(seen, writing) && touches(file, (piece) => last.has(piece)))),
    }
  }

  /** Begins a new record, in place of any other. Of files that are not ours it does not tell which they are. */
  begin(isThere: (piece: number) => boolean, { isAside, isChosen, isOurs }: Left): void {
    const { record } = this.#layout
    // O_NONBLOCK: a pipe in its place must not stop us.
    const { O_CREAT, O_EXCL, O_NOFOLLOW = 0, O_NONBLOCK = 0, O_WRONLY } = this.#fs.constants
    // What is there by that name may be another name of something else: it is not written to.
    this.#unlink(`${record}.new`)
    try {
      const stamps = this.#stamps.slice(0, this.#owner.files * stampSize)
      for (let file = 0; file < this.#owner.files; file++) {
        if (isAside(file)) stamps.fill(0, file * stampSize, (file + 1) * stampSize)
        if (isAside(file)) stamps[file * stampSize] = ResumeRecord.aside
        if (!isOurs(file)) stamps.fill(0, file * stampSize + 2, (file + 1) * stampSize)
      }
      const bytes = ResumeRecord.snapshot(this.#owner, isThere, stamps, isChosen)
      const fd = this.#fs.openSync(`${record}.new`, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_NONBLOCK)
      try {
        for (let done = 0; done < bytes.length;) done += this.#fs.writeSync(fd, bytes, done)
        this.#stamps[this.#stamps.length - 2] = this.#fs.fstatSync(fd).ino
      } finally {
        this.#fs.closeSync(fd)
      }
      this.#fs.renameSync(`${record}.new`, record)
    } catch {
      // The last one still tells whose the files are; where it says what is there no more, the files' stamps give it the lie.
      this.#breakOff()
      this.#unlink(`${record}.new`)
    }
  }

  /** Forgets everything. */
  remove(): void {
    const { record } = this.#layout
    this.#breakOff()
    for (const path of [record, `${record}.new`]) this.#unlink(path)
  }

  /** The same, and nothing lies in the border's file that is not in the others. */
  removeAll(border: string): void {
    this.remove()
    this.#unlink(border)
  }

  /** Nothing is appended any more. */
  #breakOff(): void {
    this.#stamps[this.#stamps.length - 1] = 1
  }

  #unlink(path: string): void {
    try {
      this.#fs.unlinkSync(path)
    } catch {
      // It is not there, or can't be removed: then the files' stamps give it the lie.
    }
  }

  #seen(stamps: ReadonlyArray<FileStamp>): ResumeRecord.Remembered {
    return {
      pieces: new Uint8Array(this.#owner.pieces).fill(PieceState.present),
      isChosen: () => true,
      stamps: Float64Array.from(
        stamps.flatMap(({ birthMs, ctimeMs, ino, mtimeMs }) => [mtimeMs, ctimeMs, ino, birthMs]),
      ),
      changed: new Set(),
      writing: undefined,
    }
  }

  #read(): ResumeRecord.Remembered | undefined {
    const { O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY } = this.#fs.constants
    try {
      const fd = this.#fs.openSync(this.#layout.record, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
      try {
        const stat = this.#fs.fstatSync(fd)
        if (!stat.isFile() || stat.size > ResumeRecord.longest(this.#owner)) return undefined
        return ResumeRecord.read(this.#fs.readFileSync(fd), this.#owner)
      } finally {
        this.#fs.closeSync(fd)
      }
    } catch {
      return undefined
    }
  }

  readonly #compare = Effect.fnUntraced(
    { self: this },
    function* (remembered: ResumeRecord.Remembered, survey: FileSurvey, isAside: (file: number) => boolean) {
      const { files, geometry } = this.#torrent
      const inDoubt = new Set(remembered.writing?.pieces.flatMap((piece) => this.#filesOf(piece)))
      const { border } = this.#layout
      const wasAside = (file: number) => remembered.stamps[file * stampSize] === ResumeRecord.aside
      const isInDoubt = files.some((file, index) => wasAside(index) && inDoubt.has(file))
      const seen = survey.at(border)
      const isBorderAsLeft = seen !== undefined && this.#isAsLeft(border, seen, remembered, isInDoubt)
      for (const [index, file] of files.entries()) {
        if (index % filesAtOnce === 0) yield* Effect.yieldNow
        if (file.padding || file.length === 0) continue
        const stat = isAside(index) ? undefined : survey.at(index)
        if (isAside(index) && wasAside(index) && isBorderAsLeft) continue
        if (stat !== undefined && this.#isAsLeft(index, stat, remembered, inDoubt.has(file))) continue
        const [first, end] = piecesOf(geometry, file)
        // One that is not there and was not when we left has perhaps never been made; it may as well have been deleted while we wrote.
        const untouched = stat === undefined && remembered.stamps[index * stampSize]! <= 0
        for (let piece = first; piece < end; piece++) {
          if (!untouched || remembered.pieces[piece] === PieceState.present)
            remembered.pieces[piece] = PieceState.unsure
        }
      }
    },
  )

  #isAsLeft(
    index: number,
    stat: Seen,
    { changed, stamps, writing }: ResumeRecord.Remembered,
    inDoubt: boolean,
  ): boolean {
    const hasLength = index === this.#layout.border || stat.size === this.#layout.lengths[index]
    if (changed.has(index) || stat.kind !== "file" || !hasLength) return false
    const mtime = stamps[index * stampSize]!
    const ctime = stamps[index * stampSize + 1]!
    const ours = inDoubt && isWritten(stat) && isWithin(stat.ctimeMs, writing)
    if (!ours && (stat.mtimeMs !== mtime || stat.ctimeMs !== ctime)) return false
    this.#stamps.set([stat.mtimeMs, stat.ctimeMs, stat.ino, stat.birthMs], index * stampSize)
    return true
  }

  #filesOf(piece: number): ReadonlyArray<Metainfo.TorrentFile> {
    const { files, geometry } = this.#torrent
    const start = Geometry.pieceStart(geometry, piece)
    return Geometry.spans(files, start, Geometry.pieceSize(geometry, piece)).map(({ extent }) => extent)
  }
}

/**
 * The number of a file that was deleted is given to the next one, so its birth counts as well. Where the file system does not tell it, only a file that is
 * just as we left it is surely the same.
 */
const isTheOne = (seen: Seen, stamp: Float64Array): boolean => {
  const [mtime, ctime, ino, birth] = stamp
  if (ino === 0 || ino !== seen.ino || birth !== seen.birthMs) return false
  return birth !== 0 || (mtime === seen.mtimeMs && ctime === seen.ctimeMs)
}

/** What we made for the pieces that were being written when the record ends has no stamp yet. It was made in that time; whatever came later was not. */
const wasMadeLast = ({ birthMs, ctimeMs }: Seen, writing: Writing): boolean =>
  birthMs === 0 ? isWithin(ctimeMs, writing) : isWithin(birthMs, writing, laterMade)

/** Its time is that of its last write, as the system gives it or as we leave it (a millisecond before), and none that somebody has set. */
const isWritten = ({ ctimeMs, mtimeMs }: Seen): boolean => mtimeMs <= ctimeMs && ctimeMs - mtimeMs <= 1 + later

type Writing = ResumeRecord.Remembered["writing"]

const isWithin = (time: number, writing: Writing, after: number = later): boolean =>
  writing !== undefined && time >= writing.since - earlier && time <= writing.until + after

const ownerOf = (fs: typeof Fs, { geometry, infoHash }: Torrent, layout: Layout): ResumeRecord.Owner => {
  const { hashes, lengths, paths } = layout
  const { length, pieceLength, pieces } = geometry
  const sum = Crypto.createHash("sha1")
  for (const part of [infoHash, hashes, Float64Array.of(pieceLength, length), lengths, paths]) sum.update(part)
  return { identity: sum.digest(), pieces, files: layout.lengths.length, boot: bootOf(fs) }
}

/** A number for this run of the machine: what the kernel calls it, or else when it began, in seconds. */
const bootOf = (fs: typeof Fs): number => {
  try {
    const id = fs.readFileSync("/proc/sys/kernel/random/boot_id")
    return Crypto.hash("sha1", id, "buffer").readUIntLE(0, 6)
  } catch {
    return Math.round(Date.now() / 1000 - Os.uptime())
  }
}

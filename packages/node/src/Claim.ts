/**
 * Whose the files are that are in a torrent's places, and what has to be done with each before it is written to.
 *
 * A file is this torrent's when a piece that lies in it is right (zeros prove nothing: they are in every file that has a hole), or when it is remembered as
 * the one that we made, by more than its name. What nobody can lose is free to be replaced: a file of nothing but zeros that is no longer than ours (how much another
 * one has is nobody's promise, so it is not read). A file that has its length, and lacks only pieces that it shares
 * with others, may be whole or not: it is only compared with what would be written. Anything else ends the download before it changes anything.
 */
import type { Bitfield } from "@unchoke/protocol"
import { Geometry } from "@unchoke/protocol"
import { Effect } from "effect"
import * as Crypto from "node:crypto"
import type * as Fs from "node:fs"
import { StorageError, type Torrent } from "@unchoke/engine"
import { ask } from "./ask.ts"
import type { Disk, Layout, Step } from "./Disk.ts"
import type { FilePlaces } from "./filePlaces.ts"
import { type FileSurvey, isDivided, type Seen, seenAt } from "./FileSurvey.ts"
import { piecesOf } from "./PieceSpans.ts"
import type { Claims } from "./ResumeFile.ts"

export interface ClaimOptions {
  readonly fs: typeof Fs
  readonly torrent: Torrent
  readonly layout: Layout
  readonly places: FilePlaces
  readonly survey: FileSurvey
  readonly disk: Disk
  /** The pieces that are right. */
  readonly there: Bitfield.Bitfield
  /** What is remembered of whose the files are. */
  readonly remembered: Claims | undefined
  readonly overwrite: boolean
  readonly isChosen: (file: number) => boolean
}

/** What is to be done with a file that is there: a step, nothing, or to compare it only. Of one that is not there nothing is said. */
export type Claim = Step | "leave" | "keep" | "keep ours" | "replace"

/**
 * Decides it for each file that is there; fails with "not this torrent's" at the first that is somebody else's, and in the way. What is in the place of a file that is not
 * chosen is in nobody's way: there the file is aside. Changes nothing.
 */
export const claimAll = Effect.fnUntraced(function* (
  options: ClaimOptions,
): Effect.fn.Return<ReadonlyMap<number, Claim>, StorageError> {
  const { fs, layout, overwrite, places, survey } = options
  const decided = new Map<number, Claim>()
  for (const file of options.torrent.files.keys()) {
    const seen = layout.lengths[file]! < 0 ? undefined : survey.at(file)
    if (seen === undefined) continue
    if (!options.isChosen(file)) {
      const claim = places.is(file, "aside") ? undefined : unchosenClaimOf(options, file, seen)
      if (claim !== undefined) decided.set(file, claim)
      continue
    }
    const claim = claimOf(options, file, seen) ?? (yield* whenNobodys(options, file, seen))
    decided.set(file, claim)
    // What has the other of its two names.
    if (survey.twice.has(file) && !survey.linked.has(file) && !["leave", "keep", "keep ours"].includes(claim)) {
      const other = places.is(file, "part") ? places.finalPath(file) : places.partPath(file)
      const found = seenAt(fs, other)
      if (found !== undefined && !overwrite) return yield* foreign(other, found)
    }
  }
  return decided
})

/** What is ours stays as it is, and is written to in its place; `undefined` when it is not. */
const unchosenClaimOf = (options: ClaimOptions, file: number, seen: Seen): Claim | undefined => {
  const claim = claimOf(options, file, seen)
  if (claim === "leave" || claim === undefined) {
    // Zeros that are right prove nothing, and are promised all the same.
    return claim ?? (piecesIn(options.torrent, file).some((piece) => options.there.has(piece)) ? "keep" : undefined)
  }
  return options.places.is(file, "part") ? claim : "keep ours"
}

/** `undefined` when it is ours only if nobody loses anything with it. */
const claimOf = (options: ClaimOptions, file: number, seen: Seen): Claim | undefined => {
  const { places, remembered, there, torrent } = options
  // What is right of it lies elsewhere.
  if (places.is(file, "aside")) return undefined
  const extent = torrent.files[file]!
  const pieces = piecesIn(torrent, file)
  const isWhole = pieces.every((piece) => there.has(piece))
  if (places.is(file, "part")) {
    return isWhole || provesIt(options, pieces) || remembered?.isOurs(file, seen) === true ? "adopt" : undefined
  }
  if (isWhole && seen.size === extent.length) return "leave"
  if (seen.kind !== "file") return undefined
  if (isWhole && extent.length > 0) return "trim"
  const isShared = (piece: number) => filesIn(torrent, piece) > 1
  if (provesIt(options, pieces)) {
    // What is complete keeps its name while a neighbour is fetched.
    const mayBeWhole = seen.size === extent.length && pieces.every((piece) => there.has(piece) || isShared(piece))
    return mayBeWhole ? "keep ours" : "adopt"
  }
  return remembered?.isOurs(file, seen) === true ? takenOver(options, file) : undefined
}

/** What one piece fills is written to under its own name. */
const takenOver = ({ torrent }: ClaimOptions, file: number): Claim =>
  isDivided(torrent.geometry, torrent.files[file]!) ? "adopt" : "trim"

/** Bytes that are looked at between two looks at anything else. */
const zerosAtOnce = 8 << 20

/** Whether nobody loses anything with it: it has no more than our length, and nothing but zeros. */
const isHollow = Effect.fnUntraced(function* ({ disk, layout }: ClaimOptions, file: number, { kind, size }: Seen) {
  if (kind !== "file" || size > layout.lengths[file]!) return false
  // Once at least: it may be no file any more.
  for (let start = 0; start === 0 || start < size; start += zerosAtOnce) {
    yield* Effect.yieldNow
    const [answer] = yield* ask(disk, { kind: "hollow", file, start, length: zerosAtOnce })
    if (answer !== true) return false
  }
  return true
})

const whenNobodys = Effect.fnUntraced(function* (options: ClaimOptions, file: number, seen: Seen) {
  const { overwrite, places, there, torrent } = options
  const path = places.absolute(file)
  if (seen.kind === "folder" || seen.kind === "other") {
    return yield* new StorageError({
      operation: "open",
      path,
      reason: seen.kind === "folder" ? "is a folder" : "not a file",
    })
  }
  const hollow = !overwrite && (yield* isHollow(options, file, seen))
  // In its place comes what the border's file has of it.
  if (places.is(file, "aside")) {
    if (!overwrite && !hollow) return yield* foreign(path, seen)
    return places.is(file, "part") ? "renew" : "replace"
  }
  if (!overwrite && !hollow) {
    const mayBeWhole = seen.size === torrent.files[file]!.length && !places.is(file, "part")
    const isShared = (piece: number) => filesIn(torrent, piece) > 1
    if (mayBeWhole && piecesIn(torrent, file).every(isShared) && seen.kind === "file") return "keep"
    return yield* foreign(path, seen)
  }
  // Zeros that are right stay: they are in the plan already.
  if (piecesIn(torrent, file).some((piece) => there.has(piece))) return "adopt"
  if (hollow) return takenOver(options, file)
  return places.is(file, "part") ? "renew" : "replace"
})

const foreign = (path: string, { kind, size }: Seen) =>
  new StorageError({ operation: "create", path, reason: "not this torrent's", ...(kind === "file" ? { size } : {}) })

const provesIt = ({ there, torrent }: ClaimOptions, pieces: ReadonlyArray<number>): boolean => {
  const zeros = new Map<number, Buffer>()
  return pieces.some((piece) => {
    if (!there.has(piece)) return false
    const size = Geometry.pieceSize(torrent.geometry, piece)
    const hash = zeros.get(size) ?? hashOfZeros(size)
    zeros.set(size, hash)
    return hash.compare(torrent.pieceHashes, piece * 20, piece * 20 + 20) !== 0
  })
}

const hashOfZeros = (size: number): Buffer => {
  const hash = Crypto.createHash("sha1")
  const some = new Uint8Array(Math.min(size, 1 << 16))
  for (let done = 0; done < size; done += some.length) hash.update(some.subarray(0, size - done))
  return hash.digest()
}

/** How many files have bytes in the piece. */
const filesIn = ({ files, geometry }: Torrent, piece: number): number =>
  Geometry.spans(files, Geometry.pieceStart(geometry, piece), Geometry.pieceSize(geometry, piece)).filter(
    ({ extent }) => !extent.padding,
  ).length

const piecesIn = ({ files, geometry }: Torrent, file: number): ReadonlyArray<number> => {
  const extent = files[file]!
  if (extent.length === 0) return []
  const [first, end] = piecesOf(geometry, extent)
  return Array.from({ length: end - first }, (_, index) => first + index)
}

/**
 * What is remembered of an unfinished download, as bytes: a snapshot of what was there when it began, and behind it the journal of what was written
 * since (`pieceJournal` appends it).
 *
 * A record is a list of entries, all of 64-bit floats of this machine: the length of the body, the first six bytes of the body's SHA-1 as a number, the
 * body. A body begins with its kind:
 *
 *     0 snapshot   version, boot, 5 words of the torrent's identity, pieces, files; a bit for each piece that is there (32 in a float), and for each file that is chosen; each file's stamp:
 *                  mtime (-1: what there is of it is in the border's file), ctime (ms), inode and birth time (ms)
 *     1 begin      the time (ms); the pieces that will be written now
 *     2 beat       the time; the next write follows at once
 *     3 changed    a file that somebody else has changed since we left it, or may have, until it has a stamp again
 *     4 end        how many pieces of the last `begin` have failed, and which; of each file that was written to: the file and its stamp
 *     5 durable    a place in the record, in bytes: what was written before it has been brought to the disk
 *
 * Invariant: whatever is cut off from a record's end or damaged, what the rest says is true or `unsure`.
 */
import * as Crypto from "node:crypto"

/** What is known of a piece without reading it; one that is `unsure` has to be read. */
export const PieceState = { missing: 0, present: 1, unsure: 2 } as const

/** Whose record it is. */
export interface Owner {
  /** 20 bytes that differ for any two torrents, and for two ways to lay one out on the disk. */
  readonly identity: Uint8Array
  readonly pieces: number
  readonly files: number
  /** Tells this run of the machine from others: the page cache, which outlives a killed process, does not outlive it. */
  readonly boot: number
}

/** What a record tells. */
export interface Remembered {
  /** Of each piece a `PieceState`. */
  readonly pieces: Uint8Array
  /** Of each file whether it was chosen. */
  readonly isChosen: (file: number) => boolean
  /** Of each file its mtime, ctime, inode and birth time as we left it; 0 where that is not known. */
  readonly stamps: Float64Array
  /** Files that somebody else has changed while we wrote. */
  readonly changed: Set<number>
  /** What was being written when the record ends: a change of these pieces' files in that time (ms) may have been ours. */
  writing: { readonly pieces: ReadonlyArray<number>; readonly since: number; until: number } | undefined
}

const version = 4

/** In the place of a file's mtime: what there is of it is in the border's file. */
export const aside = -1

/** The floats that say how a file was left. */
export const stampSize = 4

/** The floats of a snapshot before its bits. */
const headLength = 10

/** A new record: these pieces are there, so the files were left, and these are chosen. */
export const snapshot = (
  owner: Owner,
  isThere: (piece: number) => boolean,
  stamps: Float64Array,
  isChosen: (file: number) => boolean = () => true,
): Uint8Array => entry(headOf(owner), bitsOf(owner.pieces, isThere), bitsOf(owner.files, isChosen), stamps)

const bitsOf = (count: number, is: (index: number) => boolean): Uint32Array => {
  const bits = new Uint32Array(Math.ceil(count / 32))
  for (let index = 0; index < count; index++) if (is(index)) bits[index >>> 5]! |= 1 << (index & 31)
  return bits
}

/** What was written to the record before this place (in bytes) is on the disk, whatever may happen to the machine. */
export const durable = (place: number): Uint8Array => entry([5, place])

/** No record is longer, in bytes: each piece, and each file of a piece, is named at most so often. */
export const longest = ({ files, pieces }: Owner): number => 8 * 32 * (pieces + files + 1)

/** What a record says; `undefined` when it is not this owner's, or damaged from the start. */
export const read = (bytes: Uint8Array, owner: Owner): Remembered | undefined => {
  const [first, ...rest] = entriesIn(bytes)
  const choice = headLength + Math.ceil(owner.pieces / 32)
  const bits = choice + Math.ceil(owner.files / 32)
  if (first === undefined || first.body.length !== bits + owner.files * stampSize) return undefined
  const boot = first.body[2]!
  if (headOf({ ...owner, boot }).some((value, index) => first.body[index] !== value)) return undefined

  const bitOf = (from: number, index: number) => (first.body[from + (index >>> 5)]! >>> (index & 31)) & 1
  const pieces = Uint8Array.from({ length: owner.pieces }, (_, piece) => bitOf(headLength, piece))
  // After another run of the machine, only what is known to have left the page cache counts.
  const safe = isSameBoot(boot, owner.boot)
    ? Infinity
    : rest.reduce((place, { body }) => (body[0] === 5 ? body[1]! : place), 0)
  if (safe === 0) pieces.fill(PieceState.unsure)
  const remembered: Remembered = {
    pieces,
    isChosen: (file) => bitOf(choice, file) === 1,
    stamps: first.body.slice(bits),
    changed: new Set(),
    writing: undefined,
  }
  for (const { body, place } of rest) follow(remembered, body, place < safe)
  return remembered
}

const follow = (remembered: Remembered, body: Float64Array, believed: boolean): void => {
  const { changed, pieces, stamps, writing } = remembered
  switch (body[0]) {
    case 1: {
      const begun = [...body.subarray(2)]
      for (const piece of begun) pieces[piece] = PieceState.unsure
      remembered.writing = { pieces: begun, since: body[1]!, until: body[1]! }
      return
    }
    case 2:
      if (writing !== undefined) writing.until = body[1]!
      return
    case 3:
      changed.add(body[1]!)
      return
    case 4: {
      const failed = new Set(body.subarray(2, 2 + body[1]!))
      for (const piece of writing?.pieces ?? []) {
        if (believed && !failed.has(piece)) pieces[piece] = PieceState.present
      }
      for (let at = 2 + body[1]!; at < body.length; at += 1 + stampSize) {
        stamps.set(body.subarray(at + 1, at + 1 + stampSize), body[at]! * stampSize)
        // It has a stamp again: all of it has been read.
        if (body[at + 1] !== 0) changed.delete(body[at]!)
      }
      remembered.writing = undefined
    }
  }
}

/** The time since 1970 at which a machine was started is measured anew each time, so it is the same within a minute. */
const isSameBoot = (one: number, other: number): boolean => Math.abs(one - other) < 60

const headOf = ({ boot, files, identity, pieces }: Owner): ReadonlyArray<number> => {
  const { buffer, byteOffset } = identity
  const words = Array.from({ length: 5 }, (_, word) => new DataView(buffer, byteOffset).getUint32(word * 4))
  return [0, version, boot, ...words, pieces, files]
}

const entry = (...parts: ReadonlyArray<ArrayLike<number>>): Uint8Array => {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const floats = new Float64Array(2 + length)
  let at = 2
  for (const part of parts) {
    floats.set(part, at)
    at += part.length
  }
  floats[0] = length
  floats[1] = sumOf(floats.subarray(2))
  return new Uint8Array(floats.buffer)
}

/** The entries before the first that is cut off or damaged, and where each begins, in bytes. */
const entriesIn = (bytes: Uint8Array) => {
  const floats = new Float64Array(new Uint8Array(bytes.subarray(0, bytes.length - (bytes.length % 8))).buffer)
  const found: Array<{ readonly place: number; readonly body: Float64Array }> = []
  for (let at = 0; at + 2 < floats.length;) {
    const body = floats.subarray(at + 2, at + 2 + floats[at]!)
    if (body.length === 0 || body.length !== floats[at] || sumOf(body) !== floats[at + 1]) break
    found.push({ place: at * 8, body })
    at += 2 + body.length
  }
  return found
}

const sumOf = ({ buffer, byteLength, byteOffset }: Float64Array): number =>
  Crypto.hash("sha1", new Uint8Array(buffer, byteOffset, byteLength), "buffer").readUIntLE(0, 6)

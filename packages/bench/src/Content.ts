/**
 * The bytes of every torrent of the benchmarks: one 32 MiB pattern, repeated.
 *
 * The same as in loadgen/content.h, where the reasons are; a benchmark whose two patterns differed would not finish a single piece.
 */
import { Effect } from "effect"
import { createHash } from "node:crypto"
import { open } from "node:fs/promises"
import { pieces, type Shape, totalLength } from "./Shape.ts"

/** In bytes; a prime, so that no two pieces of one torrent are alike. */
export const period = 33_554_467

/** Whether the bytes are those of every torrent from the given offset on. */
export const matches = (bytes: Uint8Array, offset: number): boolean => {
  for (let at = 0; at < bytes.length;) {
    const wanted = run(offset + at, bytes.length - at)
    if (Buffer.compare(wanted, bytes.subarray(at, at + wanted.length)) !== 0) return false
    at += wanted.length
  }
  return true
}

/** Makes a file of so many bytes, of which the first `present` are the content's. */
export const write = (path: string, length: number, present: number) =>
  Effect.promise(async () => {
    await using file = await open(path, "w")
    await file.truncate(length)
    for (let at = 0; at < present;) at += (await file.write(run(at, present - at), 0, undefined, at)).bytesWritten
  })

/** The SHA-1 of each piece, one after the other. */
export const pieceHashes = (shape: Shape): Uint8Array => {
  const hashes = Buffer.alloc(pieces(shape) * 20)
  for (let piece = 0; piece < pieces(shape); piece++) {
    const start = piece * shape.pieceLength
    const end = Math.min(start + shape.pieceLength, totalLength(shape))
    const hash = createHash("sha1")
    for (let at = start; at < end;) {
      const bytes = run(at, end - at)
      hash.update(bytes)
      at += bytes.length
    }
    hash.digest().copy(hashes, piece * 20)
  }
  return hashes
}

/** At most `length` bytes from the given offset on: those before the pattern begins again. */
const run = (offset: number, length: number): Uint8Array => {
  const start = offset % period
  return pattern().subarray(start, Math.min(start + length, period))
}

/** xorshift32, one word after the other, little-endian. */
const pattern = () => {
  if (made !== undefined) return made
  const words = new Uint32Array(Math.floor(period / 4) + 1)
  let state = 0x9e3779b9
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    words[i] = state
  }
  return (made = new Uint8Array(words.buffer, 0, period))
}

let made: Uint8Array | undefined

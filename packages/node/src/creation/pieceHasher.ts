/**
 * Reads and hashes the pieces of a new torrent, a batch at a time, with whoever else takes batches of it.
 *
 * Like `openFiles` it reaches a worker as text, so it refers to nothing outside itself but types. Invariants: a batch is taken by one; a file is right only if it is, after it was read, still
 * as it was found; no more than `chunkLength` bytes of content are in memory.
 */
import type * as Crypto from "node:crypto"
import type * as Fs from "node:fs"
import type { Fault } from "../Disk.ts"

/** What is to be hashed, and where to: it crosses to workers. */
export interface HashPlan {
  /** Absolute paths of the files, joined by NUL. */
  readonly places: string
  /** For each file, in bytes: where it begins in the torrent, and its length. */
  readonly offsets: Float64Array
  readonly lengths: Float64Array
  /** As it was found: when what is in it was last changed (ms), and its inode. */
  readonly times: Float64Array
  readonly inodes: Float64Array
  /** Of all files, in bytes. */
  readonly length: number
  /** A power of two. */
  readonly pieceLength: number
  /** Pieces that are taken together: at least a chunk, as long as there are so many. */
  readonly batch: number
  /** Shared: SHA-1 of each piece. */
  readonly hashes: SharedArrayBuffer
  /** Shared, 32-bit numbers: the next batch, the pieces that are done, and whether to stop (1). */
  readonly state: SharedArrayBuffer
}

export interface PieceHasher {
  /** Takes the next batch and does it; `false` when none is left, or when it is to stop. Throws a `Fault`. */
  readonly next: () => boolean
  readonly close: () => void
}

export const pieceHasher = (fs: typeof Fs, crypto: typeof Crypto, plan: HashPlan): PieceHasher => {
  /** So much stays in a core's own cache from the read to the hash, and is worth a call each. A power of two. */
  const chunkLength = 1024 * 1024
  /** So many times in a row a read may have to be repeated, a millisecond after the other. */
  const patience = 100
  const { inodes, length, lengths, offsets, pieceLength, times } = plan
  const places = plan.places.split("\0")
  const hashes = new Uint8Array(plan.hashes)
  const state = new Int32Array(plan.state)
  const pieces = Math.ceil(length / pieceLength)
  const chunk = Buffer.allocUnsafeSlow(Math.min(chunkLength, length))
  // A pipe that was put in a file's place must not stop us.
  const { O_NONBLOCK = 0, O_RDONLY } = fs.constants
  let current = -1
  let fd = -1

  const fault = (operation: Fault["operation"], file: number, code: string, message: string): Error & Fault =>
    Object.assign(new Error(message), { operation, path: places[file]!, code })

  const system = <A>(operation: Fault["operation"], file: number, call: () => A): A => {
    try {
      return call()
    } catch (error) {
      const { code = "", message } = error as Error & { readonly code?: string }
      throw fault(operation, file, code, message)
    }
  }

  const compare = (file: number): void => {
    const stat = system("read", file, () => fs.fstatSync(fd))
    const isAsFound =
      stat.isFile() && stat.size === lengths[file] && stat.mtimeMs === times[file] && stat.ino === inodes[file]
    if (!isAsFound) throw fault("read", file, "ECHANGED", "it is not as it was found")
  }

  const leave = (): void => {
    if (fd < 0) return
    const [file, open] = [current, fd]
    try {
      compare(file)
    } finally {
      current = -1
      fd = -1
      fs.closeSync(open)
    }
  }

  const enter = (file: number): void => {
    if (file === current) return
    leave()
    fd = system("open", file, () => fs.openSync(places[file]!, O_RDONLY | O_NONBLOCK))
    current = file
    compare(file)
  }

  /** The first file that ends behind this place. */
  const fileAt = (place: number): number => {
    let low = 0
    let high = lengths.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (offsets[middle]! + lengths[middle]! > place) high = middle
      else low = middle + 1
    }
    return low
  }

  /** What only says that it did not work this time is asked again, after a moment: Node repeats any call that was interrupted but a read. */
  const readSome = (at: number, wanted: number, place: number): number => {
    for (let left = patience; ; left--) {
      try {
        return fs.readSync(fd, chunk, at, wanted, place)
      } catch (error) {
        const { code } = error as { readonly code?: string }
        if (left === 0 || (code !== "EINTR" && code !== "EAGAIN")) throw error
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
      }
    }
  }

  /** Fills the chunk with so many bytes from this place on. */
  const fill = (place: number, count: number): void => {
    for (let done = 0, file = fileAt(place); done < count; file++) {
      const within = place + done - offsets[file]!
      const wanted = Math.min(count - done, lengths[file]! - within)
      if (wanted <= 0) continue
      enter(file)
      for (let read = 0; read < wanted;) {
        const got = system("read", file, () => readSome(done + read, wanted - read, within + read))
        if (got === 0) throw fault("read", file, "ECHANGED", "it is shorter than it was found")
        read += got
      }
      done += wanted
    }
  }

  const hashBatch = (first: number, end: number): boolean => {
    const stop = Math.min(end * pieceLength, length)
    let long: Crypto.Hash | undefined
    for (let place = first * pieceLength; place < stop; place += chunkLength) {
      if (Atomics.load(state, 2) !== 0) return false
      const count = Math.min(chunkLength, stop - place)
      fill(place, count)
      if (pieceLength > chunkLength) {
        long ??= crypto.createHash("sha1")
        long.update(chunk.subarray(0, count))
        const next = place + count
        if (next % pieceLength !== 0 && next !== stop) continue
        hashes.set(long.digest(), Math.floor(place / pieceLength) * 20)
        long = undefined
        continue
      }
      for (let at = 0; at < count; at += pieceLength) {
        const piece = chunk.subarray(at, Math.min(at + pieceLength, count))
        hashes.set(crypto.hash("sha1", piece, "buffer"), ((place + at) / pieceLength) * 20)
      }
    }
    if (fd >= 0) compare(current)
    Atomics.add(state, 1, end - first)
    return true
  }

  return {
    next: () => {
      const first = Atomics.add(state, 0, 1) * plan.batch
      return first < pieces && hashBatch(first, Math.min(first + plan.batch, pieces))
    },
    close: () => {
      if (fd >= 0) fs.closeSync(fd)
      fd = -1
    },
  }
}

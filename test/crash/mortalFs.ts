/** Node's file system for a process that dies at one of its calls: what it did before stays, what it wants after is in vain. */
import * as Fs from "node:fs"

/** What becomes of the last call: it is not made, a write is half done, or it is made and never returns. */
export type LastCall = "before" | "half" | "after"

/** `calls` says how many calls that change something have been made. */
export interface Mortal {
  readonly fs: typeof Fs
  readonly calls: () => number
}

/** Dies at the call number `fatal`, from 1; never unless given. */
export const mortalFs = (fatal = Infinity, last: LastCall = "before"): Mortal => {
  let calls = 0
  let dead = false
  const die = () => {
    dead = true
    throw new Error("killed")
  }
  const survive = () => {
    if (dead) die()
  }
  const mortal =
    <A extends ReadonlyArray<unknown>, B>(call: (...args: A) => B, half: (...args: A) => void = () => {}) =>
    (...args: A): B => {
      survive()
      if (++calls !== fatal) return call(...args)
      if (last === "half") half(...args)
      if (last === "after") call(...args)
      return die()
    }
  const reading =
    <A extends ReadonlyArray<unknown>, B>(call: (...args: A) => B) =>
    (...args: A): B => {
      survive()
      return call(...args)
    }
  const writeSync = (fd: number, bytes: Uint8Array, from = 0, length = bytes.length - from, at: number | null = null) =>
    Fs.writeSync(fd, bytes, from, length, at)
  const mortalWrite = mortal(writeSync, (fd, bytes, from = 0, length = bytes.length - from, at = null) => {
    if (length > 1) Fs.writeSync(fd, bytes, from, length >> 1, at)
  })
  const fs = {
    ...Fs,
    openSync: mortal(Fs.openSync),
    mkdirSync: mortal(Fs.mkdirSync),
    ftruncateSync: mortal(Fs.ftruncateSync),
    futimesSync: mortal(Fs.futimesSync),
    renameSync: mortal(Fs.renameSync),
    linkSync: mortal(Fs.linkSync),
    unlinkSync: mortal(Fs.unlinkSync),
    rmdirSync: mortal(Fs.rmdirSync),
    copyFileSync: mortal(Fs.copyFileSync, (from, to) => Fs.writeFileSync(to, Fs.readFileSync(from).subarray(0, 700))),
    writeSync: mortalWrite,
    readSync: reading(Fs.readSync as (...args: ReadonlyArray<never>) => number),
    fstatSync: reading(Fs.fstatSync as (...args: ReadonlyArray<never>) => Fs.Stats),
  }
  return { fs: fs as unknown as typeof Fs, calls: () => calls }
}

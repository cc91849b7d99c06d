/**
 * One file given its name in another folder, whatever disk that is on.
 *
 * Nothing is replaced, and no name is ever seen with less than all of the file's bytes: what has to be copied has a name of ours until it is on the disk. What was linked or copied keeps its first name
 * too, until whoever moves it takes that away; where links can't be made, a file of the same disk is renamed.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { codeOf, foreign, type MoveFs, quietly, seenAt } from "./moveCalls.ts"

/** How it got there; what was renamed is in one place only. */
export type Placed = "linked" | "copied" | "renamed"

/** `aside` is the name of ours, in the same folder as `now`. */
export const placeFile = async (fs: MoveFs, before: string, now: string, aside: string): Promise<Placed> => {
  if ((await fs.lstat(before)).isSymbolicLink()) {
    await fs.symlink(await fs.readlink(before), now)
    return "linked"
  }
  const how = await named(fs, before, now)
  if (how !== "elsewhere") return how
  await quietly(() => fs.unlink(aside))
  try {
    await copy(fs, before, aside)
    if ((await named(fs, aside, now)) === "linked") await fs.unlink(aside)
  } catch (error) {
    await quietly(() => fs.unlink(aside))
    throw error
  }
  return "copied"
}

/** A rename replaces what is there, a link never does: where links can't be made a look has to do. */
const named = async (fs: MoveFs, before: string, now: string): Promise<"linked" | "renamed" | "elsewhere"> => {
  try {
    await fs.link(before, now)
    return "linked"
  } catch (error) {
    if (codeOf(error) === "EXDEV") return "elsewhere"
    const there = await seenAt(fs, now)
    if (there !== undefined) throw foreign(now, there)
  }
  try {
    await fs.rename(before, now)
    return "renamed"
  } catch (error) {
    if (codeOf(error) === "EXDEV") return "elsewhere"
    throw error
  }
}

const copy = async (fs: MoveFs, before: string, aside: string): Promise<void> => {
  const there = await fs.lstat(before)
  await fs.copyFile(before, aside, Fs.constants.COPYFILE_EXCL | Fs.constants.COPYFILE_FICLONE)
  await fs.utimes(aside, there.atime, there.mtime)
  await synced(fs, aside, "r+")
}

const synced = async (fs: MoveFs, path: string, flags: string): Promise<void> => {
  const handle = await fs.open(path, flags)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Brings a folder's names to the disk, where the system lets us. */
export const nameSynced = (fs: MoveFs, folder: string): Promise<void> => quietly(() => synced(fs, folder, "r"))

/** Bytes that are compared at once. */
const compared = 1 << 20

/** Whether both are there, and are the same: links to the same, or files of the same bytes. */
export const isSameContent = async (fs: MoveFs, one: string, other: string, signal: AbortSignal): Promise<boolean> => {
  const [a, b] = [await seenAt(fs, one), await seenAt(fs, other)]
  if (a === undefined || b === undefined) return false
  if (a.isSymbolicLink() && b.isSymbolicLink()) return (await fs.readlink(one)) === (await fs.readlink(other))
  if (!a.isFile() || !b.isFile() || a.size !== b.size) return false
  if (a.dev === b.dev && a.ino === b.ino) return true
  await using first = await fs.open(one, "r")
  await using second = await fs.open(other, "r")
  const here = Buffer.alloc(Math.min(compared, a.size))
  const there = Buffer.alloc(here.length)
  for (let at = 0; at < a.size && !signal.aborted;) {
    const { bytesRead } = await first.read(here, 0, here.length, at)
    if (bytesRead === 0 || (await filled(second, there, bytesRead, at)) < bytesRead) return false
    if (here.compare(there, 0, bytesRead, 0, bytesRead) !== 0) return false
    at += bytesRead
  }
  return !signal.aborted
}

const filled = async (from: Fs.promises.FileHandle, into: Buffer, length: number, at: number): Promise<number> => {
  let done = 0
  while (done < length) {
    const { bytesRead } = await from.read(into, done, length - done, at + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return done
}

/** Beside a file: no torrent can give a file this name, and each has one of its own. */
export const asideOf = (now: string, record: string): string => Path.join(Path.dirname(now), `${record}.moving`)

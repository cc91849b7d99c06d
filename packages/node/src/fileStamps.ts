/**
 * How we left each file: by that it is seen whether somebody else has changed it since.
 *
 * Like `openFiles` it reaches a worker as text, so it refers to nothing outside itself but types. Invariant: a file's stamp is known only while nobody else
 * has changed the file since we looked at it or made it.
 */
import type * as Fs from "node:fs"
import type { Layout } from "./Disk.ts"

export interface FileStamps {
  readonly isKnown: (file: number) => boolean
  readonly isAsLeft: (file: number, stat: Fs.Stats) => boolean
  /** Whether what is in it was perhaps changed, as far as it is known how we left it: other names and other rights do not count. */
  readonly isTouched: (file: number, stat: Fs.Stats) => boolean
  /** The file is as it is now because we left it so. */
  readonly stamp: (file: number, stat: Fs.Stats) => void
  /** We have just made the file: it holds nothing that we do not know, and gets its stamp when we leave it. */
  readonly begin: (file: number) => void
  readonly forget: (file: number) => void
  /** This one it is, however it was changed. */
  readonly own: (file: number, stat: Fs.Stats) => void
  /** Whether it is that one, as far as it is known. */
  readonly isOwn: (file: number, stat: Fs.Stats) => boolean
}

export const fileStamps = ({ stamps }: Pick<Layout, "stamps">): FileStamps => {
  /** Of each file its mtime and ctime, in milliseconds, and its inode and birth time (ms), which tell it from any other; shared by the threads. */
  const known = new Float64Array(stamps)
  const size = 4
  const begun = 1
  const setTimes = (file: number, time: number): unknown => known.fill(time, file * size, file * size + 2)

  return {
    isKnown: (file) => known[file * size] !== 0,
    isAsLeft: (file, stat) => stat.mtimeMs === known[file * size] && stat.ctimeMs === known[file * size + 1],
    isTouched: (file, stat) => known[file * size]! > begun && stat.mtimeMs !== known[file * size],
    stamp: (file, stat) => known.set([stat.mtimeMs, stat.ctimeMs, stat.ino, stat.birthtimeMs], file * size),
    begin: (file) => setTimes(file, begun),
    forget: (file) => setTimes(file, 0),
    own: (file, stat) => known.set([stat.ino, stat.birthtimeMs], file * size + 2),
    isOwn: (file, { ino }) => known[file * size + 2] === 0 || known[file * size + 2] === ino,
  }
}

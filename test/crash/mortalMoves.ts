/** The calls by which files are moved, of a process that dies at one of them, between folders of one disk or of two. */
import type { MoveFs } from "@unchoke/node/internal"
import * as Fs from "node:fs"
import { dirname } from "node:path"
import type { LastCall } from "./mortalFs.ts"

/** What the disks are: one; two; one that knows no links; two that know none. */
export type Disks = "one" | "two" | "one without links" | "two without links"

/** Dies at the call number `fatal`, from 1, of those that change something; never unless given. */
export const mortalMoves = (disks: Disks, fatal = Infinity, last: LastCall = "before") => {
  let calls = 0
  let dead = false
  const die = (): never => {
    dead = true
    throw new Error("killed")
  }
  const mortal =
    <A extends ReadonlyArray<never>, B>(call: (...args: A) => Promise<B>, half?: (...args: A) => void) =>
    async (...args: A): Promise<B> => {
      if (dead) die()
      if (++calls !== fatal) return call(...args)
      if (last === "half") half?.(...args)
      if (last === "after") await call(...args)
      return die()
    }
  const reading =
    <A extends ReadonlyArray<never>, B>(call: (...args: A) => Promise<B>) =>
    async (...args: A): Promise<B> =>
      dead ? die() : call(...args)
  const refuse = (code: string): Promise<void> => Promise.reject(Object.assign(new Error("no"), { code }))
  const isElsewhere = (from: string, to: string) => disks.startsWith("two") && dirname(from) !== dirname(to)
  const { link, rename } = Fs.promises
  const fs = {
    ...Fs.promises,
    lstat: reading(Fs.promises.lstat as (path: string) => Promise<Fs.Stats>),
    open: reading(Fs.promises.open),
    copyFile: mortal(Fs.promises.copyFile as (from: string, to: string, mode: number) => Promise<void>, (from, to) =>
      Fs.writeFileSync(to, Fs.readFileSync(from).subarray(0, Fs.statSync(from).size >> 1)),
    ),
    link: mortal((from: string, to: string) => {
      if (isElsewhere(from, to)) return refuse("EXDEV")
      return disks.endsWith("links") ? refuse("EPERM") : link(from, to)
    }),
    rename: mortal((from: string, to: string) => (isElsewhere(from, to) ? refuse("EXDEV") : rename(from, to))),
    mkdir: mortal(Fs.promises.mkdir as (path: string) => Promise<undefined>),
    rmdir: mortal(Fs.promises.rmdir as (path: string) => Promise<void>),
    symlink: mortal(Fs.promises.symlink as (to: string, path: string) => Promise<void>),
    unlink: mortal(Fs.promises.unlink),
    utimes: mortal(Fs.promises.utimes),
  }
  return { fs: fs as unknown as MoveFs, calls: () => calls }
}

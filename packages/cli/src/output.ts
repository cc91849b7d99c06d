/**
 * Where a file goes that a command was asked to write: a torrent, a report.
 *
 * Invariants: a file appears under its name when all of it is there, or not at all; what is there is replaced only when that was asked for, and stays as it is when the writing fails.
 */
import { Effect } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { inWords, Unwritable } from "./torrentFile.ts"
import { Screen } from "./Screen.ts"

export interface Place {
  /** As the user knows it; "-" is the standard output. */
  readonly path: string
  readonly absolute: string | undefined
  /** Whether what is there is replaced. */
  readonly replaces: boolean
}

/** Where it is to go: looked at before any work is done. In a folder it is called `name`. */
export const placeOf = (output: string, name: string, force: boolean): Effect.Effect<Place, Unwritable> => {
  if (output === "-") return Effect.succeed({ path: "-", absolute: undefined, replaces: false })
  const path = isFolder(output) ? Path.join(output, name) : output
  const why = whyNot(path, force) ?? (path === output && endsAsFolder(output) ? noFolder : undefined)
  return why === undefined
    ? Effect.succeed({ path, absolute: Path.resolve(path), replaces: force })
    : Effect.fail(new Unwritable({ path, why }))
}

/** A name that ends like this is a folder's, also where there is none: a file of that name is not what was meant. */
const endsAsFolder = (path: string): boolean => path.endsWith("/") || path.endsWith(Path.sep)

const noFolder = "there is no such folder"

/** What is found out only after an hour of hashing helps nobody. */
const whyNot = (path: string, force: boolean): string | undefined => {
  try {
    const stat = Fs.statSync(path, { throwIfNoEntry: false })
    if (stat?.isDirectory() === true) return "it is a folder"
    if (stat?.isFile() === true && !force) return "it is there already; --force replaces it"
    if (stat !== undefined && !stat.isFile()) return undefined
    if (stat === undefined && isLink(path) && !force) return "it is a link that leads nowhere; --force replaces it"
    const folder = Path.dirname(Path.resolve(path))
    if (!isFolder(folder)) return noFolder
    Fs.accessSync(folder, Fs.constants.W_OK)
    return undefined
  } catch (cause) {
    return inWords(cause) ?? String(cause)
  }
}

/** `<name>.torrent`. */
export const nameFor = (source: string, name?: string): string =>
  `${(name ?? Path.basename(Path.resolve(source))).replaceAll(/[/\\\0]/g, "_")}.torrent`

/** Writes all of it, or nothing. */
export const write = (
  { absolute, path, replaces }: Place,
  bytes: Uint8Array,
): Effect.Effect<void, Unwritable, Screen> =>
  Effect.uninterruptible(
    Effect.gen(function* () {
      if (absolute === undefined) return yield* (yield* Screen).write(bytes)
      yield* Effect.try({
        try: () => writeWhole(absolute, bytes, replaces),
        catch: (cause) => new Unwritable({ path, why: inWords(cause) ?? String(cause) }),
      })
    }),
  )

const writeWhole = (path: string, bytes: Uint8Array, replaces: boolean): void => {
  const stat = statOf(path)
  // A device takes it as it comes. A pipe may have nobody at its other end, and would be waited for without an ear for Ctrl-C.
  if (stat?.isFIFO() === true) throw Object.assign(new Error("a pipe"), { code: "ENOTFILE" })
  if (stat !== undefined && !stat.isFile()) return Fs.writeFileSync(path, bytes)
  // Through a link that is there, what it leads to is replaced.
  const place = stat === undefined ? path : Fs.realpathSync(path)
  const beside = Path.join(Path.dirname(place), `.unchoke-${process.pid}-${process.hrtime.bigint()}.new`)
  try {
    const fd = Fs.openSync(beside, "wx", stat?.mode ?? 0o666)
    try {
      for (let done = 0; done < bytes.length;) done += Fs.writeSync(fd, bytes, done)
      if (stat !== undefined) Fs.fchmodSync(fd, stat.mode)
      Fs.fsyncSync(fd)
    } finally {
      Fs.closeSync(fd)
    }
    if (replaces) Fs.renameSync(beside, place)
    else linkNew(beside, place)
  } finally {
    Fs.rmSync(beside, { force: true })
  }
}

/** Gives it its name, never in the place of anything; some disks have no links. */
const linkNew = (beside: string, place: string): void => {
  try {
    Fs.linkSync(beside, place)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST" || statOf(place) !== undefined) throw error
    Fs.renameSync(beside, place)
  }
}

const statOf = (path: string): Fs.Stats | undefined => {
  try {
    return Fs.statSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

const isLink = (path: string): boolean => Fs.lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true

const isFolder = (path: string): boolean => statOf(path)?.isDirectory() === true

/**
 * A torrent's files moved to another folder, whatever disk that is on.
 *
 * All or nothing: what fails or is interrupted half-way is undone, and until everything is there no file is deleted. Only the torrent's own files are moved; what else lies in its
 * folder stays, and whatever has one of their names in the other folder is left as it is, and is the error.
 */
import { Effect } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import type { StorageError, Torrent } from "@unchoke/engine"
import { safePaths } from "./diskNames.ts"
import * as ResumeFile from "./ResumeFile.ts"
import { toStorageError } from "./StorageFault.ts"

/** The calls that it makes. */
export type MoveFs = Pick<
  typeof Fs.promises,
  "copyFile" | "lstat" | "mkdir" | "open" | "readlink" | "rename" | "rmdir" | "symlink" | "unlink" | "utimes"
>

/**
 * Moves what of `torrent` is in `from` to `to`, which is made when it is not there; both are absolute. What is remembered of the torrent goes with it.
 *
 * Fails with a `StorageError` whose reason is "not this torrent's" where something is in the way.
 */
export const moveContent = (
  torrent: Torrent,
  from: string,
  to: string,
  fs: MoveFs = Fs.promises,
): Effect.Effect<void, StorageError> =>
  Effect.gen(function* () {
    if (yield* isSameFolder(fs, from, to)) return
    const done: Array<Done> = []
    yield* Effect.gen(function* () {
      const files = yield* whatIsThere(fs, torrent, from)
      for (const file of files) yield* isFree(fs, Path.join(to, file))
      for (const file of files) yield* moved(fs, file, from, to, done)
    }).pipe(Effect.onError(() => undone(fs, done)))
    // From here on it is all there: what is left to do is to tidy up.
    yield* Effect.uninterruptible(tidied(fs, torrent, from, to, done))
  })

/** What has been done so far. */
type Done =
  | { readonly _tag: "Made"; readonly folder: string }
  | { readonly _tag: "Renamed"; readonly before: string; readonly now: string }
  | { readonly _tag: "Copied"; readonly before: string; readonly now: string }

type Operation = StorageError["operation"]

const call = <A>(operation: Operation, path: string, body: () => Promise<A>): Effect.Effect<A, StorageError> =>
  Effect.tryPromise({ try: body, catch: (cause) => refused(operation, path, cause) })

const refused = (operation: Operation, path: string, cause: unknown): StorageError =>
  toStorageError({ operation, path, code: codeOf(cause), message: cause instanceof Error ? cause.message : "" })

const codeOf = (cause: unknown): string =>
  typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : ""

const isSameFolder = Effect.fnUntraced(function* (fs: MoveFs, from: string, to: string) {
  if (Path.relative(from, to) === "") return true
  const [here, there] = yield* Effect.all([look(fs, `${from}${Path.sep}.`), look(fs, `${to}${Path.sep}.`)])
  return here !== undefined && there !== undefined && here.dev === there.dev && here.ino === there.ino
})

/** Nothing where nothing is. */
const look = (fs: MoveFs, path: string) =>
  call("open", path, () =>
    fs.lstat(path).catch((error: unknown) => {
      if (["ENOENT", "ENOTDIR"].includes(codeOf(error))) return undefined
      throw error
    }),
  )

/** The torrent's files as they are called on this disk, and what is kept of those that were not chosen. */
const whatIsThere = Effect.fnUntraced(function* (fs: MoveFs, torrent: Torrent, folder: string) {
  const { files } = torrent
  const paths = files.map(({ path }) => path.join(Path.sep))
  const safe = safePaths(paths, Path.sep)
  const found: Array<string> = []
  for (const [file, { padding }] of files.entries()) {
    if (padding) continue
    const names = [paths[file]!, safe.get(file)].filter((name) => name !== undefined)
    for (const name of names) {
      if ((yield* look(fs, Path.join(folder, name))) === undefined) continue
      found.push(name)
      break
    }
  }
  const border = ResumeFile.borderNameOf(torrent)
  return (yield* look(fs, Path.join(folder, border))) === undefined ? found : [...found, border]
})

const isFree = (fs: MoveFs, path: string) =>
  Effect.flatMap(look(fs, path), (there) =>
    there === undefined
      ? Effect.void
      : Effect.fail(
          toStorageError({
            operation: "create",
            path,
            code: "EFOREIGN",
            message: "something is there",
            ...(there.isFile() && { size: there.size }),
          }),
        ),
  )

const moved = Effect.fnUntraced(function* (fs: MoveFs, file: string, from: string, to: string, done: Array<Done>) {
  const before = Path.join(from, file)
  const now = Path.join(to, file)
  yield* madeFolders(fs, Path.dirname(now), done)
  const isElsewhere = yield* Effect.uninterruptible(
    call("create", now, async () => {
      try {
        await fs.rename(before, now)
        done.push({ _tag: "Renamed", before, now })
        return false
      } catch (error) {
        if (codeOf(error) === "EXDEV") return true
        throw error
      }
    }),
  )
  if (isElsewhere) yield* copied(fs, before, now, done)
})

const madeFolders = (fs: MoveFs, folder: string, done: Array<Done>): Effect.Effect<void, StorageError> =>
  Effect.gen(function* () {
    const there = yield* look(fs, folder)
    if (there !== undefined) return
    yield* madeFolders(fs, Path.dirname(folder), done)
    yield* Effect.uninterruptible(
      call("create", folder, async () => {
        await fs.mkdir(folder)
        done.push({ _tag: "Made", folder })
      }),
    )
  })

/** To another disk, and on it before the first original is deleted. A copy can take long, and is not interrupted. */
const copied = (fs: MoveFs, before: string, now: string, done: Array<Done>) =>
  Effect.uninterruptible(
    call("write", now, async () => {
      try {
        await copy(fs, before, now)
        done.push({ _tag: "Copied", before, now })
      } catch (error) {
        // Somebody else's, made a moment ago.
        if (codeOf(error) !== "EEXIST") await quietly(() => fs.unlink(now))
        throw error
      }
    }),
  )

const copy = async (fs: MoveFs, before: string, now: string): Promise<void> => {
  const there = await fs.lstat(before)
  if (there.isSymbolicLink()) return fs.symlink(await fs.readlink(before), now)
  await fs.copyFile(before, now, Fs.constants.COPYFILE_EXCL | Fs.constants.COPYFILE_FICLONE)
  await fs.utimes(now, there.atime, there.mtime)
  const handle = await fs.open(now, "r+")
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** The last first. What cannot be undone stays where it is now; nothing is deleted that has no other copy. */
const undone = (fs: MoveFs, done: ReadonlyArray<Done>): Effect.Effect<void> =>
  Effect.promise(async () => {
    for (const step of done.toReversed()) {
      await quietly(() =>
        step._tag === "Made"
          ? fs.rmdir(step.folder)
          : step._tag === "Copied"
            ? fs.unlink(step.now)
            : fs.rename(step.now, step.before),
      )
    }
  })

const tidied = (fs: MoveFs, torrent: Torrent, from: string, to: string, done: ReadonlyArray<Done>) =>
  Effect.promise(async () => {
    const left = new Set<string>()
    for (const step of done) {
      if (step._tag === "Made") continue
      if (step._tag === "Copied") await quietly(() => fs.unlink(step.before))
      for (let folder = Path.dirname(step.before); folder.length > from.length; folder = Path.dirname(folder)) {
        left.add(folder)
      }
    }
    // The longest first; one that has something else in it stays.
    for (const folder of [...left].toSorted((a, b) => b.length - a.length)) await quietly(() => fs.rmdir(folder))
    // To another disk it would not be believed.
    const record = ResumeFile.nameOf(torrent)
    await quietly(() => fs.rename(Path.join(from, record), Path.join(to, record)))
    await quietly(() => fs.unlink(Path.join(from, record)))
  })

const quietly = async (body: () => Promise<unknown>): Promise<void> => {
  try {
    await body()
  } catch {
    return
  }
}

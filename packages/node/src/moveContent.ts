/**
 * A torrent's files moved to another folder, whatever disk that is on, with what is unfinished of them and what is remembered.
 *
 * All or nothing: what fails or is interrupted half-way is undone, and until everything is there no file is deleted. After a kill each file is whole in one of the two folders, or in both; the next
 * move goes on from there. Only what is the torrent's is moved; what else lies in its folder stays, and whatever has one of their names in the other folder is left as it is.
 */
import { Effect, type Scope } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import type { StorageError, Torrent } from "@unchoke/engine"
import { type ContentName, namesIn } from "./contentNames.ts"
import * as FolderLock from "./FolderLock.ts"
import { call, foreign, isSameFolder, look, type MoveFs, quietly } from "./moveCalls.ts"
import { asideOf, isSameContent, nameSynced, placeFile, type Placed } from "./placeFile.ts"
import * as ResumeFile from "./ResumeFile.ts"
import { hasMore, layoutIn, whatMoves } from "./whatMoves.ts"

export interface MoveOptions {
  /** Whether what has one of the names in the other folder, and is another, is no error: then both stay (default: no). */
  readonly joins?: boolean
  readonly fs?: MoveFs
}

/**
 * Moves what of `torrent` is in `from` to `to`, which is made when it is not there; both are absolute. What is there already, byte for byte, is not copied again.
 *
 * Fails with a `StorageError`: "not this torrent's" where something is in the way, "in use" while somebody downloads the torrent into one of the two.
 */
export const moveContent = (
  torrent: Torrent,
  from: string,
  to: string,
  { fs = Fs.promises, joins = false }: MoveOptions = {},
): Effect.Effect<void, StorageError> =>
  Effect.gen(function* () {
    if (Path.relative(from, to) === "" || (yield* isSameFolder(fs, from, to))) return
    const here = yield* layoutIn(torrent, from)
    if ((yield* namesIn(fs, torrent, here)).length === 0) {
      return yield* Effect.sync(() => FolderLock.sweep(Fs, lockIn(torrent, from)))
    }
    yield* locked(torrent, from)
    yield* locked(torrent, to)
    const done: Array<Done> = []
    const found = yield* whatMoves(fs, torrent, here)
    yield* Effect.gen(function* () {
      const record = ResumeFile.nameOf(torrent)
      const due: Array<ContentName> = []
      const staying: Array<string> = []
      // Those of a move that was killed.
      const asides = [record, ...found.moving.map(({ path }) => path)].map((path) =>
        asideOf(Path.join(to, path), record),
      )
      for (const aside of new Set(asides)) yield* Effect.promise(() => quietly(() => fs.unlink(aside)))
      const isOutdated = joins && (yield* hasMore(fs, torrent, to, found.claims))
      for (const name of found.moving) {
        if (isOutdated && name.file === undefined) {
          found.outdated.push(name.path)
          continue
        }
        const now = Path.join(to, name.path)
        const state = yield* stateOf(fs, Path.join(from, name.path), now)
        if (state === "free") due.push(name)
        else if (state === "same") done.push({ _tag: "There", before: Path.join(from, name.path), now })
        else if (state === "other") staying.push(name.path)
      }
      const other = staying.find((path) => path !== record)
      if (other !== undefined && !joins) {
        const now = Path.join(to, other)
        return yield* foreign(now, yield* look(fs, now))
      }
      // Nothing is left of which it tells.
      if (other === undefined) found.useless.push(...staying, ...found.outdated)
      for (const { path } of due) yield* placed(fs, path, from, to, record, done)
    }).pipe(Effect.onError(() => undone(fs, done)))
    // From here on it is all there: what is left to do is to tidy up.
    yield* Effect.uninterruptible(tidied(fs, torrent, from, found.useless, done))
  }).pipe(Effect.scoped)

/** What has been done so far. */
type Done =
  | { readonly _tag: "Made"; readonly folder: string }
  | { readonly _tag: "There"; readonly before: string; readonly now: string }
  | { readonly _tag: "Placed"; readonly how: Placed; readonly before: string; readonly now: string }

/** Nobody downloads it there meanwhile. */
const locked = (torrent: Torrent, folder: string): Effect.Effect<void, StorageError, Scope.Scope> =>
  Effect.flatMap(FolderLock.make(Fs, lockIn(torrent, folder)), ({ take }) => take)

const lockIn = (torrent: Torrent, folder: string): string => `${Path.join(folder, ResumeFile.nameOf(torrent))}.lock`

/** What there is of a file in the other folder: nothing, the same, the same by another path, or something else. */
const stateOf = Effect.fnUntraced(function* (fs: MoveFs, before: string, now: string) {
  if ((yield* look(fs, now)) === undefined) return "free"
  if (yield* isSameFolder(fs, Path.dirname(before), Path.dirname(now))) return "itself"
  return (yield* call("read", now, (signal) => isSameContent(fs, before, now, signal))) ? "same" : "other"
})

/** A copy can take long, and is not interrupted. */
const placed = Effect.fnUntraced(function* (
  fs: MoveFs,
  path: string,
  from: string,
  to: string,
  record: string,
  done: Array<Done>,
) {
  const before = Path.join(from, path)
  const now = Path.join(to, path)
  yield* madeFolders(fs, Path.dirname(now), done)
  yield* Effect.uninterruptible(
    call("create", now, async () => {
      const how = await placeFile(fs, before, now, asideOf(now, record))
      done.push({ _tag: "Placed", how, before, now })
    }),
  )
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

/** The last first. What cannot be undone stays where it is now; nothing is deleted that has no other copy. */
const undone = (fs: MoveFs, done: ReadonlyArray<Done>): Effect.Effect<void> =>
  Effect.promise(async () => {
    for (const step of done.toReversed()) {
      if (step._tag === "There") continue
      await quietly(() =>
        step._tag === "Made"
          ? fs.rmdir(step.folder)
          : step.how === "renamed"
            ? fs.rename(step.now, step.before)
            : fs.unlink(step.now),
      )
    }
  })

const tidied = (
  fs: MoveFs,
  torrent: Torrent,
  from: string,
  useless: ReadonlyArray<string>,
  done: ReadonlyArray<Done>,
) =>
  Effect.promise(async () => {
    const moved = done.filter((step) => step._tag !== "Made")
    const copied = moved.filter((step) => step._tag === "There" || step.how === "copied")
    for (const folder of new Set(copied.map(({ now }) => Path.dirname(now)))) await nameSynced(fs, folder)
    for (const step of moved) {
      if (step._tag === "There" || step.how !== "renamed") await quietly(() => fs.unlink(step.before))
    }
    const record = ResumeFile.nameOf(torrent)
    for (const path of [...useless, `${record}.new`, `${record}-description`]) {
      await quietly(() => fs.unlink(Path.join(from, path)))
    }
    const left = new Set<string>()
    for (const before of [...moved.map((step) => step.before), ...useless.map((path) => Path.join(from, path))]) {
      for (let folder = Path.dirname(before); folder.length > from.length; folder = Path.dirname(folder)) {
        if (left.has(folder)) break
        left.add(folder)
      }
    }
    // The longest first; one that has something else in it stays.
    for (const folder of [...left].toSorted((a, b) => b.length - a.length)) await quietly(() => fs.rmdir(folder))
  })

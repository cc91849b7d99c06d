/**
 * The lock beside a record: who is downloading this torrent into this folder. One process of a machine at a time, and once in that.
 *
 * It is advice between programs of this kind, and stands in nobody's way for longer than its holder lives: the file names the process, when it was started
 * and where its number is valid, so that a number that was given away again is not taken for it. Where no file can be made, nothing is locked.
 */
import { Effect, type Scope } from "effect"
import type * as Fs from "node:fs"
import * as Path from "node:path"
import { StorageError } from "@unchoke/engine"

/** What the lock says of its holder. */
interface Holder {
  readonly pid: number
  /** What tells it from a later process of the same number: when it was started, by the kernel's clock; empty where nobody can tell. */
  readonly started: string
  /** Where its number is valid: this run of the machine, and the kernel's name for the space of numbers. */
  readonly world: string
}

/** The locks that this process has: a lock of ours that is not among them was left behind. */
const ours = new Set<string>()

/** So long a lock without content may be one that is just being written. */
const justMade = "50 millis"

export interface FolderLock {
  /** Takes it, unless we have it; fails with "in use", naming the holder. Makes the folder for it. */
  readonly take: Effect.Effect<void, StorageError>
}

/** The lock at `path`, which is given up with the scope; so are the folders that were made for it, when they are empty. */
export const make = (fs: typeof Fs, path: string): Effect.Effect<FolderLock, never, Scope.Scope> =>
  Effect.gen(function* () {
    let taken: Taken | undefined
    const folders: Array<string> = []
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        if (taken !== undefined) {
          const { ino, key } = taken
          ours.delete(key)
          // The folder may be another one by now, and the lock somebody else's.
          attempt(() => fs.lstatSync(path).ino === ino && fs.unlinkSync(path))
        }
        // Whoever finds no peer is left no empty folder.
        for (const folder of folders.splice(0)) attempt(() => fs.rmdirSync(folder))
      }),
    )
    return {
      take: Effect.suspend(() => {
        if (taken !== undefined) return Effect.void
        folders.push(...makeFolders(fs, Path.dirname(path)))
        return Effect.uninterruptible(Effect.map(takeAt(fs, path), (got) => void (taken = got)))
      }),
    }
  })

/** Takes away what dead processes have left at `path`, and beside it. Never fails. */
export const sweep = (fs: typeof Fs, path: string): void => {
  const self = holderOf(fs, process.pid)
  sweepAsides(fs, path, self)
  if (ours.has(realPath(fs, path))) return
  const holder = read(fs, path)
  if (holder !== undefined && holder !== "unreadable" && !isAlive(fs, holder, self)) moveAway(fs, path, self)
}

/** Makes a folder and those above it, level by level; those that it made, the innermost first. */
const makeFolders = (fs: typeof Fs, path: string): ReadonlyArray<string> => {
  if (attempt(() => fs.statSync(path, { throwIfNoEntry: false })) !== undefined) return []
  const above = Path.dirname(path)
  const made = above === path ? [] : makeFolders(fs, above)
  return attempt(() => (fs.mkdirSync(path), true)) === true ? [path, ...made] : made
}

/** What a lock that we have is called among ours, and which file it is. */
interface Taken {
  readonly key: string
  readonly ino: number
}

/** `undefined` where no lock can be. */
const takeAt = Effect.fnUntraced(function* (
  fs: typeof Fs,
  path: string,
): Effect.fn.Return<Taken | undefined, StorageError> {
  const key = yield* Effect.sync(() => realPath(fs, path))
  const self = holderOf(fs, process.pid)
  if (ours.has(key)) return yield* inUse(path, self)
  sweepAsides(fs, path, self)
  for (let times = 0; times < mostAttempts; times++) {
    const made = create(fs, path, self)
    if (made === "impossible") return undefined
    if (made !== "taken") {
      ours.add(key)
      return { key, ino: made }
    }
    // What is no file is no lock either, and stays.
    if (attempt(() => fs.lstatSync(path).isFile()) === false) return undefined
    const holder =
      read(fs, path) ??
      (yield* Effect.delay(
        Effect.sync(() => read(fs, path)),
        justMade,
      ))
    if (holder === "unreadable") return yield* inUse(path)
    if (holder !== undefined && isAlive(fs, holder, self)) return yield* inUse(path, holder)
    moveAway(fs, path, self)
  }
  return undefined
})

/** Each is lost to somebody else who took it in between. */
const mostAttempts = 5

const inUse = (path: string, holder?: Holder) =>
  new StorageError({
    operation: "open",
    path,
    reason: "in use",
    ...(holder === undefined ? {} : { holder: holder.pid }),
  })

/** Which file it is. With a link it is there at once with all that it says, so that nobody takes it for an empty one; where links can't be made, it is made as any file. */
const create = (fs: typeof Fs, path: string, self: Holder): number | "taken" | "impossible" => {
  const aside = asideOf(path, self)
  attempt(() => fs.unlinkSync(aside))
  const made = write(fs, aside, self)
  if (typeof made === "string") return "impossible"
  try {
    fs.linkSync(aside, path)
    return made
  } catch (error) {
    return codeOf(error) === "EEXIST" ? "taken" : write(fs, path, self)
  } finally {
    attempt(() => fs.unlinkSync(aside))
  }
}

/** A name beside the lock that is this process's. */
const asideOf = (path: string, { pid }: Holder): string => `${path}.${pid}`

/** Of processes that were killed between two calls. */
const sweepAsides = (fs: typeof Fs, path: string, self: Holder): void => {
  const start = `${Path.basename(path)}.`
  for (const name of attempt(() => fs.readdirSync(Path.dirname(path))) ?? []) {
    const pid = name.startsWith(start) ? name.slice(start.length) : ""
    if (!/^[1-9]\d{0,9}$/.test(pid)) continue
    const aside = Path.join(Path.dirname(path), name)
    const holder = read(fs, aside) ?? { ...self, pid: Number(pid), started: "" }
    if (holder !== "unreadable" && !isAlive(fs, holder, self)) attempt(() => fs.unlinkSync(aside))
  }
}

const write = (fs: typeof Fs, path: string, self: Holder): number | "taken" | "impossible" => {
  const { O_CREAT, O_EXCL, O_NOFOLLOW = 0, O_WRONLY } = fs.constants
  try {
    const fd = fs.openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW)
    try {
      fs.writeSync(fd, new TextEncoder().encode(`${JSON.stringify(self)}\n`))
      return fs.fstatSync(fd).ino
    } catch {
      attempt(() => fs.unlinkSync(path))
      return "impossible"
    } finally {
      fs.closeSync(fd)
    }
  } catch (error) {
    return codeOf(error) === "EEXIST" ? "taken" : "impossible"
  }
}

/** Its holder is gone. Under another name one can see whether it is still the one that was read; if not, somebody was quicker, and gets it back. */
const moveAway = (fs: typeof Fs, path: string, self: Holder): void => {
  const aside = asideOf(path, self)
  attempt(() => fs.renameSync(path, aside))
  const moved = read(fs, aside)
  const isHeld = moved === "unreadable" || (moved !== undefined && isAlive(fs, moved, self))
  if (isHeld) attempt(() => fs.renameSync(aside, path))
  else attempt(() => fs.unlinkSync(aside))
}

/** One that may not be read is another user's, and says no less for that. */
const read = (fs: typeof Fs, path: string): Holder | "unreadable" | undefined => {
  try {
    const { O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY } = fs.constants
    const fd = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    try {
      const bytes = new Uint8Array(longest)
      const said: unknown = JSON.parse(
        new TextDecoder().decode(bytes.subarray(0, fs.readSync(fd, bytes, 0, longest, 0))),
      )
      return isHolder(said) ? said : undefined
    } finally {
      fs.closeSync(fd)
    }
  } catch (error) {
    return codeOf(error) === "EACCES" || codeOf(error) === "EPERM" ? "unreadable" : undefined
  }
}

/** Bytes of the longest lock. */
const longest = 1024

const isHolder = (said: unknown): said is Holder =>
  typeof said === "object" &&
  said !== null &&
  "pid" in said &&
  typeof said.pid === "number" &&
  "started" in said &&
  typeof said.started === "string" &&
  "world" in said &&
  typeof said.world === "string"

const isAlive = (fs: typeof Fs, holder: Holder, self: Holder): boolean => {
  if (holder.world !== self.world) return false
  // One that this process does not know of was left behind.
  if (holder.pid === self.pid) return false
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    if (codeOf(error) !== "EPERM") return false
  }
  // Another user's processes may be hidden from us: that one can't see when it was started does not make it a later one.
  const { started, state } = processOf(fs, holder.pid)
  return !/^[ZX]/.test(state) && (holder.started === "" || started === "" || holder.started === started)
}

/** When it was started, and what it does: one that waits for its parent to be told of its death has died. Empty where nobody can tell. */
const processOf = (fs: typeof Fs, pid: number): { readonly started: string; readonly state: string } => {
  // Behind the name, which may contain anything, the 1st and the 20th word.
  const words = textOf(fs, `/proc/${pid}/stat`).split(") ").at(-1)!.split(" ")
  return { started: words[19] ?? "", state: words[0]! }
}

const textOf = (fs: typeof Fs, path: string): string => attempt(() => fs.readFileSync(path, "utf8").trim()) ?? ""

const holderOf = (fs: typeof Fs, pid: number): Holder => {
  const { started } = processOf(fs, pid)
  const numbers = attempt(() => fs.readlinkSync("/proc/self/ns/pid")) ?? ""
  return { pid, started, world: `${textOf(fs, "/proc/sys/kernel/random/boot_id")} ${numbers}` }
}

/** The same for every way to name the folder. */
const realPath = (fs: typeof Fs, path: string): string =>
  Path.join(attempt(() => fs.realpathSync(Path.dirname(path))) ?? Path.dirname(path), Path.basename(path))

/** `undefined` when the system refuses. */
const attempt = <A>(call: () => A): A | undefined => {
  try {
    return call()
  } catch {
    return undefined
  }
}

const codeOf = (error: unknown): unknown =>
  typeof error === "object" && error !== null && "code" in error ? error.code : undefined

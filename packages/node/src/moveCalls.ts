/** The calls by which files are moved, and what they refuse. */
import { Effect } from "effect"
import type * as Fs from "node:fs"
import type { StorageError } from "@unchoke/engine"
import { toStorageError } from "./StorageFault.ts"

/** The calls that a move makes. */
export type MoveFs = Pick<
  typeof Fs.promises,
  | "access"
  | "copyFile"
  | "link"
  | "lstat"
  | "mkdir"
  | "open"
  | "readlink"
  | "rename"
  | "rmdir"
  | "stat"
  | "symlink"
  | "unlink"
  | "utimes"
>

type Operation = StorageError["operation"]

export const call = <A>(
  operation: Operation,
  path: string,
  body: (signal: AbortSignal) => Promise<A>,
): Effect.Effect<A, StorageError> => Effect.tryPromise({ try: body, catch: (cause) => refused(operation, path, cause) })

export const refused = (operation: Operation, path: string, cause: unknown): StorageError =>
  toStorageError({ operation, path, code: codeOf(cause), message: cause instanceof Error ? cause.message : "" })

export const codeOf = (cause: unknown): string =>
  typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : ""

/** Nothing where nothing is. */
export const look = (fs: MoveFs, path: string) => call("open", path, () => seenAt(fs, path))

export const seenAt = (fs: MoveFs, path: string): Promise<Fs.Stats | undefined> =>
  fs.lstat(path).catch((error: unknown) => {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error))) return undefined
    throw error
  })

/** Something that is not this torrent's has the name. */
export const foreign = (path: string, there?: Fs.Stats): StorageError =>
  toStorageError({
    operation: "create",
    path,
    code: "EFOREIGN",
    message: "something is there",
    ...(there?.isFile() === true && { size: there.size }),
  })

export const quietly = async (body: () => Promise<unknown>): Promise<void> => {
  try {
    await body()
  } catch {
    return
  }
}

/** Whether both paths lead to one folder. */
export const isSameFolder = Effect.fnUntraced(function* (fs: MoveFs, one: string, other: string) {
  const [here, there] = yield* Effect.all([one, other].map((path) => call("open", path, () => followed(fs, path))))
  return here !== undefined && there !== undefined && here.dev === there.dev && here.ino === there.ino
})

const followed = (fs: MoveFs, path: string): Promise<Fs.Stats | undefined> => fs.stat(path).catch(() => undefined)

/** Whether a folder is there; one that cannot be looked at is none. */
export const isFolder = (fs: MoveFs, operation: Operation, path: string): Effect.Effect<boolean, StorageError> =>
  Effect.map(
    call(operation, path, () => followed(fs, path)),
    (stat) => stat?.isDirectory() === true,
  )

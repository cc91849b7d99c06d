/** The files of a torrent: where each lies in the data, and a safe path of its own for each. */
import { Result } from "effect"
import type { BencodeView } from "./BencodeView.ts"
import { safeName } from "./FilePath.ts"
import { type SafePath, uniquePaths } from "./FileTree.ts"
import type { Extent } from "./Geometry.ts"
import { fault, type Members, membersOf, type MetainfoFault, text } from "./MetainfoMembers.ts"

/** A file of a torrent: its place in the torrent's data and its path below the download folder, already made safe. */
export interface TorrentFile extends Extent {
  /** Never empty; for a multi-file torrent the first segment is the torrent's own folder. */
  readonly path: ReadonlyArray<string>
  /** A padding file (BEP 47): hashed as zeros, neither written nor listed. */
  readonly padding: boolean
  /**
   * Of a symbolic link (BEP 47) the path that it leads to, in the same form as `path` and below the torrent's own folder; empty where it leads anywhere else,
   * and is not to be made. A link has no bytes.
   */
  readonly link?: ReadonlyArray<string>
}

/** What `info` says about names and lengths. */
export interface Layout {
  readonly name: string
  readonly named: boolean
  /** Of all files together, in bytes; at least 1. */
  readonly length: number
  readonly files: ReadonlyArray<TorrentFile>
}

/** Reads `name`, and `length` or `files`. The other clients' rule: where there are `files`, `length` is ignored. A torrent without a name is called `nameless`. */
export const layout = (members: Members, info: BencodeView, nameless: string): Result.Result<Layout, MetainfoFault> =>
  Result.gen(function* () {
    const own = yield* nameOf(members, info)
    const name = own === "" ? nameless : own
    const list = members.get("files")
    const files = list === undefined ? yield* singleFile(members, info, name) : yield* manyFiles(list, name)
    const last = files.at(-1)
    const length = last === undefined ? 0 : last.offset + last.length
    if (length === 0) {
      const field = list === undefined ? "info.length" : "info.files"
      return yield* Result.fail(
        fault(field, "leaves nothing to download: all files are empty", list?.start ?? info.start),
      )
    }
    return { name, named: own !== "", length, files }
  })

/** The name made safe; empty where nothing is left of it. */
const nameOf = (members: Members, info: BencodeView): Result.Result<string, MetainfoFault> => {
  // Where a creator gives both, `name` is in some other encoding.
  const utf8 = members.get("name.utf-8")
  const view = utf8?.bytes?.length ? utf8 : members.get("name")
  if (view === undefined) return Result.fail(fault("info.name", "is missing", info.start))
  if (view.bytes === undefined) return Result.fail(fault("info.name", "is not a byte string", view.start))
  return Result.mapError(safeName(view.bytes), (why) => fault("info.name", why, view.start))
}

const singleFile = (
  members: Members,
  info: BencodeView,
  name: string,
): Result.Result<ReadonlyArray<TorrentFile>, MetainfoFault> =>
  Result.map(lengthOf(members, "info.length", info), (length) => [{ offset: 0, length, path: [name], padding: false }])

interface Entry {
  readonly offset: number
  readonly length: number
  /** `undefined` for a padding file. */
  readonly path: SafePath | undefined
  /** Of a link where it leads, below the torrent's folder; empty when that is no safe path. */
  readonly target: ReadonlyArray<string> | undefined
}

const manyFiles = (list: BencodeView, root: string): Result.Result<ReadonlyArray<TorrentFile>, MetainfoFault> => {
  if (!list.isList) return Result.fail(fault("info.files", "is not a list", list.start))
  const entries: Array<Entry> = []
  let offset = 0
  for (const view of list.items()) {
    const entry = entryOf(view, `info.files[${entries.length}]`, offset)
    if (Result.isFailure(entry)) return Result.fail(entry.failure)
    offset += entry.success.length
    if (offset > Number.MAX_SAFE_INTEGER) {
      return Result.fail(fault("info.files", "are more than 2^53 bytes together", view.start))
    }
    entries.push(entry.success)
  }
  const paths = uniquePaths(entries.flatMap((entry) => (entry.path === undefined ? [] : [entry.path])))
  let next = 0
  return Result.succeed(
    entries.map(({ length, offset, path, target }) =>
      path === undefined
        ? { offset, length, path: [root, ".pad", String(length)], padding: true }
        : { offset, length, path: [root, ...paths[next++]!], padding: false, ...linkTo(root, target) },
    ),
  )
}

const entryOf = (view: BencodeView, field: string, offset: number): Result.Result<Entry, MetainfoFault> => {
  if (!view.isDictionary) return Result.fail(fault(field, "is not a dictionary", view.start))
  const read = membersOf(view, `${field}.`, ["length"])
  if (Result.isFailure(read)) return Result.fail(read.failure)
  const members = read.success
  const attributes = text(members, "attr") ?? ""
  // A symbolic link has no data (BEP 47), whatever length is given.
  const isLink = attributes.includes("l")
  const length = isLink ? Result.succeed(0) : lengthOf(members, `${field}.length`, view)
  if (Result.isFailure(length)) return Result.fail(length.failure)
  if (attributes.includes("p")) {
    return Result.succeed({ offset, length: length.success, path: undefined, target: undefined })
  }
  const utf8 = members.get("path.utf-8")
  const list = utf8 !== undefined && isNames(utf8) ? utf8 : members.get("path")
  return Result.map(pathOf(list, `${field}.path`, view), (path) => ({
    offset,
    length: length.success,
    path: isNamedAsPadding(path, length.success) ? undefined : path,
    target: isLink ? targetOf(members) : undefined,
  }))
}

/** BEP 47: from the torrent's own folder, whichever folder the link lies in. */
const targetOf = (members: Members): ReadonlyArray<string> => {
  const list = members.get("symlink path")
  const path = list === undefined ? undefined : pathOf(list, "symlink path", list)
  return path !== undefined && Result.isSuccess(path) ? path.success : []
}

const linkTo = (root: string, target: ReadonlyArray<string> | undefined) =>
  target === undefined ? {} : { link: target.length === 0 ? [] : [root, ...target] }

const lengthOf = (members: Members, field: string, owner: BencodeView): Result.Result<number, MetainfoFault> => {
  const view = members.get("length")
  const length = view?.integer
  if (view === undefined) return Result.fail(fault(field, "is missing", owner.start))
  if (length === undefined) return Result.fail(fault(field, "is not an integer below 2^53", view.start))
  return length < 0 ? Result.fail(fault(field, `is ${length}`, view.start)) : Result.succeed(length)
}

const isNames = (list: BencodeView): boolean => {
  const names = Array.from(list.items(), ({ bytes }) => bytes)
  return names.length > 0 && !names.includes(undefined)
}

const pathOf = (
  list: BencodeView | undefined,
  field: string,
  owner: BencodeView,
): Result.Result<SafePath, MetainfoFault> => {
  if (list === undefined) return Result.fail(fault(field, "is missing", owner.start))
  if (!list.isList) return Result.fail(fault(field, "is not a list", list.start))
  const path: Array<string> = []
  let empty = true
  for (const segment of list.items()) {
    empty = false
    const bytes = segment.bytes
    if (bytes === undefined) return Result.fail(fault(field, "has a name that is no string", segment.start))
    const name = bytes.length === 0 ? Result.succeed(nothing) : safeName(bytes)
    if (Result.isFailure(name)) return Result.fail(fault(field, name.failure, segment.start))
    if (name.success === "") continue
    if (path.length > maxFolders) return Result.fail(fault(field, `has more than ${maxFolders} folders`, list.start))
    path.push(name.success)
  }
  if (empty) return Result.fail(fault(field, "is empty", list.start))
  return Result.succeed(path.length > 0 ? path : [nothing])
}

/** libtorrent's name for an empty one, and for a file of whose path nothing is left. */
const nothing = "_"

/** Folders within each other: libtorrent's bound. */
const maxFolders = 100

/** Padding from before BEP 47: BitComet's `_____padding_file_…`, and `.pad/<length>` of early libtorrent. */
const isNamedAsPadding = (path: SafePath, length: number): boolean =>
  path.at(-1)!.startsWith("_____padding_file_") ||
  (path.length === 2 && path[0] === ".pad" && path[1] === String(length))

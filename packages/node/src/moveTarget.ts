/**
 * Where a download that is to be moved goes on: where it is to be moved to, once there is anything of it.
 *
 * What is still in the other folder, of a run that was killed while it moved, goes there first. So nothing is fetched that either of the two has, and nothing is moved twice.
 */
import { Effect } from "effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import type { StorageError, Torrent } from "@unchoke/engine"
import { namesIn } from "./contentNames.ts"
import { call, isFolder, isSameFolder, look, type MoveFs } from "./moveCalls.ts"
import { moveContent } from "./moveContent.ts"
import { toStorageError } from "./StorageFault.ts"
import { layoutIn } from "./whatMoves.ts"

/**
 * Either `output` or `target`, both absolute. Where `target` has nothing of the torrent, nothing is changed, and it fails with "not a folder", "permission denied" or "read-only" when nothing can
 * be moved there; else as `moveContent`, for which nothing is in the way here.
 */
export const whereToDownload = Effect.fnUntraced(function* (
  torrent: Torrent,
  output: string,
  target: string,
  fs: MoveFs = Fs.promises,
): Effect.fn.Return<string, StorageError> {
  if (Path.relative(output, target) === "" || (yield* isSameFolder(fs, output, target))) return target
  const there = yield* namesIn(fs, torrent, yield* layoutIn(torrent, target))
  if (there.length === 0) {
    yield* canBeMade(fs, target)
    return output
  }
  yield* moveContent(torrent, output, target, { fs, joins: true })
  return target
})

/** What is there of the path is a folder, and more can be made in it. */
const canBeMade = (fs: MoveFs, path: string): Effect.Effect<void, StorageError> =>
  Effect.gen(function* () {
    const above = Path.dirname(path)
    if ((yield* look(fs, path)) === undefined && above !== path) return yield* canBeMade(fs, above)
    if (!(yield* isFolder(fs, "create", path))) {
      return yield* toStorageError({ operation: "create", path, code: "ENOTDIR", message: "it is no folder" })
    }
    yield* call("create", path, () => fs.access(path, Fs.constants.W_OK | Fs.constants.X_OK))
  })

/** The file of a torrent that is to be watched or heard. */
import type { Metainfo } from "@unchoke/protocol"
import { Effect } from "effect"
import type { Torrent } from "@unchoke/engine"
import * as Pattern from "./choice/Pattern.ts"
import { NoSuchFile } from "./NoSuchFile.ts"

/** A file as it is shown, and asked for. */
export interface NumberedFile {
  /** As people count: from 1. */
  readonly number: number
  /** In the torrent's list, from 0. */
  readonly place: number
  readonly file: Metainfo.TorrentFile
  /** Below the torrent's folder. */
  readonly path: ReadonlyArray<string>
}

/** What has bytes of its own; padding has a number, too. */
export const numberedFiles = ({ files }: Torrent): ReadonlyArray<NumberedFile> =>
  [...files.entries()]
    .filter(([, { link, padding }]) => !padding && link === undefined)
    .map(([place, file]) => {
      const path = file.path.length > 1 ? file.path.slice(1) : file.path
      return { number: place + 1, place, file, path }
    })

/** So many are named. */
const mostNamed = 5

/** The one that `named` means: its number, its path, its name, a glob that only one matches, or a part of these that only one has; without it, the largest that `isPlayable`. */
export const streamedFile = Effect.fnUntraced(function* (
  torrent: Torrent,
  named: string | undefined,
  isPlayable: (name: string) => boolean,
): Effect.fn.Return<NumberedFile, NoSuchFile> {
  const files = numberedFiles(torrent)
  const bySize = files.toSorted((a, b) => b.file.length - a.file.length)
  const noSuch = (several: boolean, candidates: ReadonlyArray<NumberedFile>) =>
    new NoSuchFile({ named, several, files: candidates.slice(0, mostNamed).map(inWords) })
  if (named === undefined) {
    const playable = bySize.find(({ path }) => isPlayable(path.at(-1)!))
    const only = files.length === 1 ? files[0] : undefined
    return playable ?? only ?? (yield* noSuch(false, bySize))
  }
  const part = folded(named)
  const glob = isGlob.test(named)
    ? Pattern.byName(named, (yield* Effect.promise(() => import("picomatch"))).default)
    : undefined
  const meanings: ReadonlyArray<(file: NumberedFile) => boolean> = [
    ({ path }) => path.join("/") === named,
    ({ path }) => path.at(-1) === named,
    ({ number }) => String(number) === named,
    ({ file, place }) => glob?.means(file, place) === true,
    ({ path }) => folded(path.join("/")).includes(part),
  ]
  for (const isMeant of meanings) {
    const meant = files.filter(isMeant)
    if (meant.length === 1) return meant[0]!
    if (meant.length > 1) return yield* noSuch(true, meant)
  }
  return yield* noSuch(false, bySize)
})

const isGlob = /[*?[{]/

/** As people type it: without regard to case, and an accent is one however it is written. */
const folded = (text: string): string => text.normalize("NFC").toLowerCase()

const inWords = ({ number, path }: NumberedFile): string => `${number} ${path.join("/")}`

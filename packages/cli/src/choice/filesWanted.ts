/** The files that `--files` and `--not` choose. */
import { Effect } from "effect"
import { type FilesWanted, NothingChosen, type Torrent } from "@unchoke/engine"
import { nearest } from "./nearest.ts"
import * as Pattern from "./Pattern.ts"

export interface ChoiceFlags {
  readonly files: ReadonlyArray<string>
  readonly not: ReadonlyArray<string>
}

/**
 * `undefined` where nothing is said. Without `--files` it is all but what `--not` names. A `--files` that means nothing is a mistake, a `--not` is not: one says "no samples" of any torrent.
 */
export const filesWanted = ({ files, not }: ChoiceFlags): FilesWanted | undefined => {
  // "" asks for the list alone (`show`).
  const wanted = files.filter((text) => text !== "")
  if (wanted.length === 0 && not.length === 0) return undefined
  return Effect.fnUntraced(function* (torrent) {
    const [chosen, excluded] = yield* Effect.all([patterns(torrent, wanted), patterns(torrent, not)])
    const real = torrent.files.filter(({ padding }) => !padding).length
    for (const pattern of chosen) {
      if (indicesOf(torrent, [pattern]).length > 0) continue
      const near = pattern.isNumbers ? [] : nearest(pattern.text, torrent.files)
      return yield* new NothingChosen({ pattern: pattern.text, nearest: near, files: real })
    }
    const left = new Set(indicesOf(torrent, excluded))
    const all = chosen.length === 0 ? [...torrent.files.keys()] : indicesOf(torrent, chosen)
    return all.filter((index) => !left.has(index) && !torrent.files[index]!.padding)
  })
}

const indicesOf = ({ files }: Torrent, patterns: ReadonlyArray<Pattern.Pattern>): ReadonlyArray<number> =>
  [...files.keys()].filter((index) => {
    const file = files[index]!
    return !file.padding && patterns.some(({ means }) => means(file, index))
  })

/** Most people who choose, choose by number: the library of globs is loaded when there is one. A name that no file has may be a folder's. */
const patterns = (torrent: Torrent, texts: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<Pattern.Pattern>> =>
  Effect.gen(function* () {
    if (texts.every(Pattern.isNumbers)) return texts.map(Pattern.byNumbers)
    const { default: glob } = yield* Effect.promise(() => import("picomatch"))
    return texts.map((text) => {
      if (Pattern.isNumbers(text)) return Pattern.byNumbers(text)
      const byName = Pattern.byName(text, glob)
      return indicesOf(torrent, [byName]).length > 0 ? byName : Pattern.byFolder(text, glob)
    })
  })

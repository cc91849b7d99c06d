/** What is wanted of a torrent, from what one has said of it. */
import { Geometry, type MagnetLink } from "@unchoke/protocol"
import { Effect } from "effect"
import type { DownloadEvent } from "./DownloadEvent.ts"
import type { InvalidOption } from "./InvalidOption.ts"
import { NothingChosen } from "./NothingChosen.ts"
import { FileChoice } from "./FileChoice.ts"
import * as Wishes from "./pieces/Wishes.ts"
import { sensiblePlaces } from "./sensible.ts"
import type { FilesWanted } from "./swarm/DownloadOptions.ts"
import type { Torrent } from "./Torrent.ts"

/** `undefined` for all of it. Fails with `NothingChosen` when it is no file, with `InvalidOption` when there is no such file. */
export const chosen = Effect.fnUntraced(function* (
  torrent: Torrent,
  wanted: FilesWanted | undefined,
): Effect.fn.Return<FileChoice | undefined, NothingChosen | InvalidOption> {
  if (wanted === undefined) return undefined
  const places = typeof wanted === "function" ? yield* wanted(torrent) : wanted
  yield* sensiblePlaces(places, torrent.files.length)
  const choice = new FileChoice(torrent, places)
  const files = torrent.files.filter(({ padding }) => !padding).length
  if (choice.files.length === 0) return yield* new NothingChosen({ nearest: [], files })
  return choice.isAll ? undefined : choice
})

/** What is told of it before anything else. */
export const toldOf = (
  { files, geometry }: Torrent,
  choice: FileChoice,
): Extract<DownloadEvent, { readonly _tag: "Chosen" }> => {
  let pieces = 0
  let bytes = 0
  for (let piece = 0; piece < geometry.pieces; piece++) {
    if (!choice.wants(piece)) continue
    pieces++
    bytes += Geometry.pieceSize(geometry, piece)
  }
  const length = choice.files.reduce((sum, file) => sum + files[file]!.length, 0)
  const of = files.filter(({ padding }) => !padding).length
  return { _tag: "Chosen", files: choice.files.length, of, length, pieces, bytes }
}

/** The files that a link names (`so`, BEP 53). */
export const selected = ({ select }: MagnetLink.MagnetLink): FilesWanted | undefined =>
  select &&
  (({ files }) => {
    const named = [...files.keys()].filter((file) => select.some(({ first, last }) => first <= file && file <= last))
    const indices = named.filter((file) => !files[file]!.padding)
    const pattern = `so=${select.map(({ first, last }) => (first === last ? first : `${first}-${last}`)).join(",")}`
    return indices.length > 0
      ? Effect.succeed(indices)
      : Effect.fail(new NothingChosen({ pattern, nearest: [], files: files.filter((file) => !file.padding).length }))
  })

/** What a plan is to fetch. */
export const wishesOf = (choice: FileChoice | undefined): Wishes.Wishes =>
  choice === undefined ? Wishes.all : Wishes.only((piece) => choice.wants(piece))

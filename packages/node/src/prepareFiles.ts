/**
 * Before the first write: takes over what is there, makes what is missing, by what was decided for each file (`claimAll`). A file that is chosen now gets what the border's file has of it;
 * one that is not, and is not there, is aside.
 */
import type { Bitfield } from "@unchoke/protocol"
import { Effect } from "effect"
import type * as Fs from "node:fs"
import type { StorageError, Torrent } from "@unchoke/engine"
import { ask } from "./ask.ts"
import type { Claim } from "./Claim.ts"
import type { Disk, Layout, Step } from "./Disk.ts"
import type { FilePlaces } from "./filePlaces.ts"
import { type FileSurvey, isDivided, seenAt } from "./FileSurvey.ts"
import type { PieceSpans } from "./PieceSpans.ts"

/**
 * So many files are created before the first write, so that whatever is in their way is found out early. The rest of a hundred thousand small ones is
 * created as they are first written: half the system calls. What one piece fills has its own name from the start, so it is never created before.
 */
const eagerFiles = 1024

/** Files that are worked on between two looks at anything else. */
export const filesAtOnce = 256

export interface PrepareOptions {
  readonly fs: typeof Fs
  readonly torrent: Torrent
  readonly layout: Layout
  readonly places: FilePlaces
  readonly disk: Disk
  readonly survey: FileSurvey
  readonly claims: ReadonlyMap<number, Claim>
  readonly overwrite: boolean
  readonly isChosen: (file: number) => boolean
  readonly spans: PieceSpans
  /** The pieces that are right. */
  readonly there: Bitfield.Bitfield
}

export const prepareFiles = Effect.fnUntraced(function* (
  options: PrepareOptions,
): Effect.fn.Return<void, StorageError> {
  const due: Record<Step, Array<number>> = {
    single: [],
    folders: [],
    make: [],
    renew: [],
    adopt: [],
    trim: [],
    finish: [],
  }
  const { claims, disk, isChosen, layout, places, survey } = options
  const brought: Array<number> = []
  let anyAside = false
  for (const file of options.torrent.files.keys()) {
    if (layout.lengths[file]! < 0) continue
    if (survey.linked.has(file)) due.single.push(file)
    if (!isChosen(file) && !claims.has(file)) {
      places.mark(file, "aside", layout.lengths[file]! > 0)
      anyAside ||= places.is(file, "aside")
      continue
    }
    const step = stepOf(options, file)
    if (places.is(file, "aside") && partsOf(options, file).length > 0) {
      brought.push(file)
      if (claims.get(file) === "renew") places.mark(file, "replacing", true)
    } else {
      places.mark(file, "aside", false)
      if (step !== undefined) due[step].push(file)
    }
  }
  for (const [step, files] of Object.entries(due)) yield* takeStep(disk, step as Step, files)
  for (const file of brought) {
    const parts = partsOf(options, file).flatMap(({ from, length, to }) => [from, to, length])
    yield* ask(disk, { kind: "bring", file, parts: Float64Array.from(parts) })
    // Whoever reads finds it in its place from here on.
    places.mark(file, "aside", false)
  }
  if (anyAside && survey.at(layout.border) !== undefined) yield* takeStep(disk, "trim", [layout.border])
})

/** What the border's file has of it. */
const partsOf = ({ spans, there }: PrepareOptions, file: number) =>
  spans.borderParts(file).filter(({ piece }) => there.has(piece))

export const takeStep = Effect.fnUntraced(function* (disk: Disk, kind: Step, files: ReadonlyArray<number>) {
  for (let from = 0; from < files.length; from += filesAtOnce) {
    yield* Effect.yieldNow
    yield* ask(disk, { kind, files: files.slice(from, from + filesAtOnce) })
  }
})

const stepOf = ({ claims, fs, overwrite, places, torrent }: PrepareOptions, file: number): Step | undefined => {
  const claim = claims.get(file)
  switch (claim) {
    case undefined: {
      const extent = torrent.files[file]!
      if (extent.length === 0) return "make"
      if (file >= eagerFiles) return undefined
      return isDivided(torrent.geometry, extent) ? "make" : "folders"
    }
    case "leave":
    case "keep":
    case "keep ours":
      places.mark(file, "kept", true)
      places.mark(file, "ours", claim !== "keep")
      return undefined
    case "replace":
      places.mark(file, "part", true)
      places.mark(file, "replacing", true)
      return seenAt(fs, places.partPath(file)) === undefined ? "make" : "renew"
    default:
      places.mark(file, "replacing", overwrite)
      return claim
  }
}

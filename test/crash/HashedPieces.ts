/** The piece store on real files, counting what it reads and hashes. */
import { NodePieceStore } from "@unchoke/node"
import { Effect } from "effect"
import * as Fs from "node:fs"
import type { Jobs } from "../../packages/node/src/Disk.ts"
import * as InlineDisk from "../../packages/node/src/InlineDisk.ts"

/** The store, and the pieces that were hashed so far. */
export const make = (fs: typeof Fs = Fs) => {
  const hashed: Array<number> = []
  const layer = NodePieceStore.layerOn(
    (layout) =>
      Effect.map(InlineDisk.makeOn(fs, layout), (disk) => ({
        submit: (request, done) => {
          if (request.kind === "check") hashed.push(...piecesIn(request.jobs))
          disk.submit(request, done)
        },
      })),
    fs,
  )
  return { layer, hashed }
}

const piecesIn = (jobs: Jobs): ReadonlyArray<number> => {
  const pieces: Array<number> = []
  for (let at = 0; at < jobs.length; at += 4 + jobs[at + 3]! * 4) pieces.push(jobs[at]!)
  return pieces
}

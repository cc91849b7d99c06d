import * as Hex from "effect/encoding/Hex"
import type { Torrent } from "@unchoke/engine"
import type { About } from "./Report.ts"

/** What a report says of its torrent. */
export const aboutOf = ({ geometry, infoHash, name }: Torrent): About => ({
  name,
  infoHash: Hex.encode(infoHash),
  bytes: geometry.length,
  pieces: geometry.pieces,
})

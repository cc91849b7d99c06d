/** Of which torrent a line of `--json` is: each says so, as soon as that is known, of every command and however many torrents it was given. */
import type { MagnetLink } from "@unchoke/protocol"
import { Effect } from "effect"
import * as Hex from "effect/encoding/Hex"
import type { Torrent } from "@unchoke/engine"
import { Screen } from "./Screen.ts"

/** The lines of JSON that this prints carry the torrent's info hash. */
export const aboutTorrent =
  ({ infoHash }: Torrent | MagnetLink.MagnetLink, { json }: { readonly json: boolean }) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | Screen> => {
    if (!json) return effect
    const hash = Hex.encode(infoHash)
    const about = Screen.useSync((screen): Screen["Service"] => ({
      ...screen,
      print: (line) => screen.print(withInfoHash(line, hash)),
    }))
    return Effect.provideServiceEffect(effect, Screen, about)
  }

/** An object that says it already stays as it is. */
const withInfoHash = (line: string, hash: string): string =>
  line.includes('"infoHash":') ? line : `${line.slice(0, -1)},"infoHash":"${hash}"}`

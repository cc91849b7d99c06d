/** Where a torrent says its data can be had, and we do not ask: each with the reason. */
import { AnnounceUrl, BencodeView, WebSeedUrl } from "@unchoke/protocol"
import { Result } from "effect"
import { Host } from "effect/net"
import { Torrent } from "@unchoke/engine"

export interface UnusedSource {
  readonly what: "tracker" | "web seed" | "DHT node"
  readonly name: string
  readonly why: string
}

export const unusedSources = (torrent: Torrent): ReadonlyArray<UnusedSource> => [
  ...torrent.unusedTrackers.map(({ url, why }): UnusedSource => ({
    what: "tracker",
    name: AnnounceUrl.shown(url),
    why,
  })),
  ...torrent.unusedWebSeeds.map(({ url, why }): UnusedSource => ({
    what: "web seed",
    name: WebSeedUrl.shown(url),
    why,
  })),
  // BEP 27.
  ...(torrent.private ? nodesIn(torrent) : []).map((name): UnusedSource => ({
    what: "DHT node",
    name,
    why: "a private torrent is looked for at its trackers alone",
  })),
  // BEP 17.
  ...itemsOf(torrent, "httpseeds").flatMap(webSeed),
]

/** The nodes of the DHT that it names (BEP 5). */
export const nodesIn = (torrent: Torrent): ReadonlyArray<string> => Torrent.nodesOf(torrent).map(Host.formatHostPort)

const webSeed = ({ text }: BencodeView): ReadonlyArray<UnusedSource> =>
  text === undefined || text.trim() === ""
    ? []
    : [{ what: "web seed", name: text.trim(), why: "web seeds by BEP 17 are not supported" }]

/** A list, or what stands in the place of one. */
const itemsOf = (torrent: Torrent, key: string): ReadonlyArray<BencodeView> => {
  const raw = torrent.unknown.get(key)
  const view = raw === undefined ? undefined : Result.getOrUndefined(BencodeView.fromBytes(raw))
  return view === undefined ? [] : view.isList ? Array.from(view.items()) : [view]
}

/** Where a torrent says its data can be had, and we do not ask: each with the reason. */
import { BencodeView, WebSeedUrl } from "@unchoke/protocol"
import { Result } from "effect"
import type { Torrent } from "unchoke"

export interface UnusedSource {
  readonly what: "tracker" | "web seed" | "DHT node"
  readonly name: string
  readonly why: string
}

export const unusedSources = (torrent: Torrent): ReadonlyArray<UnusedSource> => [
  ...torrent.unusedTrackers.map(({ url, why }): UnusedSource => ({ what: "tracker", name: url, why })),
  ...torrent.unusedWebSeeds.map(({ url, why }): UnusedSource => ({
    what: "web seed",
    name: WebSeedUrl.shown(url),
    why,
  })),
  // BEP 17, BEP 5.
  ...itemsOf(torrent, "httpseeds").flatMap(webSeed),
  ...itemsOf(torrent, "nodes").flatMap(node),
]

const webSeed = ({ text }: BencodeView): ReadonlyArray<UnusedSource> =>
  text === undefined || text.trim() === ""
    ? []
    : [{ what: "web seed", name: text.trim(), why: "web seeds by BEP 17 are not supported" }]

const node = (view: BencodeView): ReadonlyArray<UnusedSource> => {
  const [host, port] = view.items()
  if (host?.text === undefined || port?.integer === undefined) return []
  return [{ what: "DHT node", name: `${host.text}:${port.integer}`, why: "the DHT is not supported yet" }]
}

/** A list, or what stands in the place of one. */
const itemsOf = (torrent: Torrent, key: string): ReadonlyArray<BencodeView> => {
  const raw = torrent.unknown.get(key)
  const view = raw === undefined ? undefined : Result.getOrUndefined(BencodeView.fromBytes(raw))
  return view === undefined ? [] : view.isList ? Array.from(view.items()) : [view]
}

/**
 * How a client comes to know what the torrent is and who has it:
 *
 * - `torrent`: by a torrent that names the tracker
 * - `link`: by a magnet link that names the tracker; what the torrent is the peers say (BEP 9)
 * - `dht`: by a magnet link that names nobody, and a node of a DHT
 * - `web`: by a torrent that names a web server and nobody else (BEP 19)
 */
export type Way = "torrent" | "link" | "dht" | "web"

/** The link's tracker is the one thing in it that needs to be escaped. */
export const linkOf = (infoHash: string, name: string, tracker?: string): string =>
  `magnet:?xt=urn:btih:${infoHash}&dn=${name}${tracker === undefined ? "" : `&tr=${encodeURIComponent(tracker)}`}`

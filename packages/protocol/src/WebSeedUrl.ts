/** Where a web seed has each file of a torrent (BEP 19), and how an URL is shown. */
import type { TorrentFile } from "./TorrentFile.ts"

/**
 * The URL of a file: of a torrent of many, the web seed's with the file's path behind it, the torrent's folder first; of a single one, the web seed's, with the file's name behind it where that ends in a
 * slash.
 */
export const ofFile = (webSeed: string, { path }: Pick<TorrentFile, "path">): string => {
  const url = webSeed.replace(/#.*$/s, "")
  if (path.length === 1 && !url.endsWith("/")) return url
  return `${url.endsWith("/") ? url : `${url}/`}${path.map(encoded).join("/")}`
}

/** An URL as it may be shown: without user name and password. */
export const shown = (url: string): string => url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, "$1")

/** A name as a segment of a path (RFC 3986). */
const encoded = (name: string): string => encodeURIComponent(name.toWellFormed())

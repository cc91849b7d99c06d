/**
 * The web servers that a torrent says its data can be had from (BEP 19 `url-list`, `ws` of a magnet link): those that can be asked, and those that cannot, each with the reason.
 *
 * Nothing that is named gets lost: what is not asked is told, and is written again with the rest.
 */
import { Result } from "effect"
import * as AnnounceUrl from "./AnnounceUrl.ts"
import type { BencodeInput } from "./Bencode.ts"
import type { Members } from "./MetainfoMembers.ts"
import * as Utf8 from "./Utf8.ts"

/** A web seed that a torrent names and that is not asked. */
export interface UnusedWebSeed {
  /** As it stands in the torrent, without the space around it: it may contain a password. */
  readonly url: string
  /** "ftp is not supported" */
  readonly why: string
}

/** The web servers of a torrent: which can be asked, and which can't. */
export interface TorrentWebSeeds {
  /** URLs of HTTP and HTTPS as they stand in the torrent; each once, at most `maxWebSeeds`. */
  readonly webSeeds: ReadonlyArray<string>
  readonly unusedWebSeeds: ReadonlyArray<UnusedWebSeed>
}

/** A torrent with more wants to aim us at somebody. */
export const maxWebSeeds = 50

/** One host may have several mirrors of a torrent, not fifty. */
export const maxPerHost = 4

/** More of those that are not asked are not told. */
const maxUnused = 100

/** Bytes: longer than any URL with a signature in it. */
const maxUrlLength = 2048

/** Sorts URLs by whether they can be asked. */
export const fromUrls = (urls: Iterable<string>): TorrentWebSeeds => {
  const seen = new Set<string>()
  const hosts = new Map<string, number>()
  const webSeeds: Array<string> = []
  const unusedWebSeeds: Array<UnusedWebSeed> = []
  for (const text of urls) {
    const url = text.trim()
    if (url === "" || seen.has(url)) continue
    if (unusedWebSeeds.length === maxUnused) break
    seen.add(url)
    const host = hostOf(url)
    const ofHost = hosts.get(host) ?? 0
    const why = whyUnusable(url) ?? tooMany(webSeeds.length, ofHost)
    if (why === undefined) {
      webSeeds.push(url)
      hosts.set(host, ofHost + 1)
    } else unusedWebSeeds.push({ url, why })
  }
  return { webSeeds, unusedWebSeeds }
}

/** Reads `url-list`: a list, or a single URL in the place of one. What is no text in it says nothing. */
export const webSeedsOf = (members: Members): TorrentWebSeeds => {
  const view = members.get("url-list")
  const items = view === undefined ? [] : view.isList ? view.items() : [view]
  return fromUrls(textsOf(items))
}

/** `url-list`, which is read again as what it was. */
export const urlListFrom = ({ unusedWebSeeds, webSeeds }: TorrentWebSeeds): BencodeInput | undefined => {
  const urls = [...webSeeds, ...unusedWebSeeds.map(({ url }) => url)]
  return urls.length > 1 ? urls : urls[0]
}

function* textsOf(items: Iterable<{ readonly text: string | undefined }>): Generator<string> {
  for (const { text } of items) if (text !== undefined) yield text
}

const tooMany = (all: number, ofHost: number): string | undefined => {
  if (all === maxWebSeeds) return `one of more than ${maxWebSeeds}`
  return ofHost === maxPerHost ? `one of more than ${maxPerHost} of one host` : undefined
}

const hostOf = (url: string): string =>
  Result.match(AnnounceUrl.fromString(url), { onSuccess: ({ host }) => String(host), onFailure: () => url })

const whyUnusable = (url: string): string | undefined => {
  if (Utf8.byteLength(url) > maxUrlLength) return `longer than ${maxUrlLength} bytes`
  const read = AnnounceUrl.fromString(url)
  if (Result.isFailure(read)) return read.failure
  return read.success.scheme === "udp" ? "udp is not supported" : undefined
}

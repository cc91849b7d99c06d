/**
 * A magnet link (BEP 9): the info hash of a torrent, and where peers that have the rest of it may be found.
 *
 * Strict about the hash, tolerant of all else: a parameter that is unknown, repeated, or makes no sense counts as absent. Invariant: what is kept is bounded by names of lists, never by
 * numbers that stand in the link.
 */
import { Result } from "effect"
import * as Hex from "effect/encoding/Hex"
import { Host } from "effect/net"
import * as AnnounceUrl from "./AnnounceUrl.ts"
import * as Bencode from "./Bencode.ts"
import { BencodeView } from "./BencodeView.ts"
import { membersOf } from "./MetainfoMembers.ts"
import { percentDecoded } from "./percentDecoded.ts"
import { type TorrentTrackers, trackersOf } from "./TorrentTrackers.ts"
import * as WebSeedUrl from "./WebSeedUrl.ts"

/** What a link says (BEP 9), as far as it makes sense. */
export interface MagnetLink extends TorrentTrackers {
  /** SHA-1 of the `info` dictionary, 20 bytes (`xt=urn:btih:`). */
  readonly infoHash: Uint8Array
  /** What whoever made the link calls it (`dn`); not a safe file name. */
  readonly name: string | undefined
  /** Web seeds (`ws`, BEP 19), as they stand in the link. */
  readonly webSeeds: ReadonlyArray<string>
  /** Peers (`x.pe`): names are to be resolved. */
  readonly peers: ReadonlyArray<Host.HostPort>
  /** The files that are wanted (`so`, BEP 53), from 0; undefined for all of them. */
  readonly select: ReadonlyArray<FileRange> | undefined
}

/** The files from `first` to `last`, both of them included. */
export interface FileRange {
  readonly first: number
  readonly last: number
}

/** A longer link wants something else of us: more than 100 trackers of 2 KiB, in UTF-16 units. */
export const maxLength = 1 << 18

/** So many of each kind are taken. */
const most = 100

/** The link of this hash alone. */
export const ofHash = (infoHash: Uint8Array): MagnetLink => ({
  infoHash,
  name: undefined,
  trackers: [],
  unusedTrackers: [],
  webSeeds: [],
  peers: [],
  select: undefined,
})

/** Whether somebody means it as one: it begins with `magnet:`, or is an info hash in 40 hex digits. */
export const isMeant = (text: string): boolean => /^\s*(?:magnet:|[0-9a-f]{40}\s*$)/i.test(text)

/** Reads a magnet link, or a bare info hash of 40 hex digits; the failure says in words what is wrong with it: "has no …". */
export const fromString = (text: string): Result.Result<MagnetLink, string> => {
  const link = text.trim()
  if (link.length > maxLength) return Result.fail(`is longer than ${maxLength} characters`)
  if (/^[0-9a-f]{40}$/i.test(link)) return Result.map(hashFrom(link), ofHash)
  if (!/^magnet:\?/i.test(link)) return Result.fail("does not begin with magnet:?")
  const parameters = parametersOf(link.slice("magnet:?".length))
  const all = (key: string): ReadonlyArray<string> => parameters.get(key) ?? []
  return Result.map(infoHashIn(all("xt")), (infoHash) => ({
    infoHash,
    name: all("dn").find((name) => name !== ""),
    ...trackersIn(all("tr")),
    webSeeds: [...new Set(all("ws").filter((url) => url !== ""))].slice(0, most),
    peers: all("x.pe").flatMap(peerFrom).slice(0, most),
    select: filesIn(all("so")),
  }))
}

/** The link in its shortest form. */
export const toString = (link: Pick<MagnetLink, "infoHash" | "name" | "trackers" | "webSeeds">): string =>
  [
    `magnet:?xt=urn:btih:${Hex.encode(link.infoHash)}`,
    ...(link.name === undefined ? [] : [`dn=${encoded(link.name)}`]),
    ...link.trackers.flat().map((url) => `tr=${encoded(url)}`),
    ...link.webSeeds.map((url) => `ws=${encoded(url)}`),
  ].join("&")

/**
 * A link, or what somebody means as one, as it may be shown: of its trackers what `AnnounceUrl.shown` shows, of web seeds and other URLs what `WebSeedUrl.shown` does, and nothing of parameters that nobody knows. A link with public trackers stays
 * one that can be used.
 */
export const shown = (text: string): string => {
  const [, head = "", query] = /^([^?]*)(?:\?(.*))?$/s.exec(text.trim())!
  if (query === undefined) return head
  const parameters = query.split(/&(?:amp;)?/).map((parameter) => {
    const [, name = "", value = ""] = /^([^=]*)(?:=(.*))?$/s.exec(parameter)!
    const key = keyOf(name)
    if (harmless.has(key) || value === "") return parameter
    if (!urls.has(key)) return `${name}=…`
    const url = valueOf(value)
    const part = key === "tr" ? AnnounceUrl.shown(url) : WebSeedUrl.shown(url)
    return part === url ? parameter : `${name}=${part}`
  })
  return `${head}?${parameters.join("&")}`
}

/** What nobody's pass key stands in. */
const harmless: ReadonlySet<string> = new Set(["xt", "dn", "xl", "so", "x.pe"])

/** Trackers, web seeds, and where the torrent or its files may be had otherwise. */
const urls: ReadonlySet<string> = new Set(["tr", "ws", "as", "xs"])

const encoded = (text: string): string => encodeURIComponent(text.toWellFormed())

/** Keys in lower case and without the number that sets those of a kind apart (`tr.1`); values in their order. */
const parametersOf = (query: string): ReadonlyMap<string, ReadonlyArray<string>> => {
  const parameters = new Map<string, Array<string>>()
  // Some pages escape the link once more for HTML.
  for (const part of query.split(/&(?:amp;)?/)) {
    const equals = part.indexOf("=")
    if (equals < 1) continue
    const key = keyOf(part.slice(0, equals))
    const value = valueOf(part.slice(equals + 1))
    const values = parameters.get(key)
    if (values === undefined) parameters.set(key, [value])
    else values.push(value)
  }
  return parameters
}

const keyOf = (text: string): string =>
  percentDecoded(text)
    .toLowerCase()
    .replace(/\.\d+$/, "")

const valueOf = (text: string): string => percentDecoded(text.replaceAll("+", " ")).trim()

/** The first that is a hash of BitTorrent v1. */
const infoHashIn = (topics: ReadonlyArray<string>): Result.Result<Uint8Array, string> => {
  const hashes = topics.flatMap((topic) => /^urn:btih:(.*)$/is.exec(topic)?.[1] ?? [])
  const found = hashes.map(hashFrom)
  const good = found.find(Result.isSuccess)
  if (good !== undefined) return good
  if (found[0] !== undefined) return found[0]
  return Result.fail(
    topics.some((topic) => /^urn:btmh:/i.test(topic))
      ? "is of BitTorrent v2 alone (btmh), which is not supported yet"
      : topics.length > 0
        ? "is not a BitTorrent link: it has no xt=urn:btih:"
        : "has no info hash: xt=urn:btih: is missing",
  )
}

const hashFrom = (text: string): Result.Result<Uint8Array, string> => {
  const bytes = /^[0-9a-f]{40}$/i.test(text)
    ? Result.getOrUndefined(Hex.decode(text.toLowerCase()))
    : /^[a-z2-7]{32}$/i.test(text)
      ? fromBase32(text.toLowerCase())
      : undefined
  return bytes !== undefined
    ? Result.succeed(bytes)
    : Result.fail(
        `has an info hash of ${text.length} characters that is neither 40 hex digits nor 32 letters and digits of base32`,
      )
}

/** Of 32 digits (RFC 4648): five bits each, so 20 bytes. */
const fromBase32 = (text: string): Uint8Array => {
  const bytes = new Uint8Array(20)
  for (let i = 0; i < text.length; i++) {
    const digit = "abcdefghijklmnopqrstuvwxyz234567".indexOf(text[i]!)
    for (let bit = 0; bit < 5; bit++) {
      if ((digit >> (4 - bit)) & 1) bytes[(5 * i + bit) >> 3]! |= 0x80 >> ((5 * i + bit) & 7)
    }
  }
  return bytes
}

/** Each in a tier of its own, by the rules for those of a torrent. */
const trackersIn = (urls: ReadonlyArray<string>): TorrentTrackers => {
  const root = BencodeView.fromBytes(Bencode.encode({ "announce-list": urls.map((url) => [url.toWellFormed()]) }))
  const members = Result.flatMap(root, (root) => membersOf(root, "", []))
  return Result.isSuccess(members) ? trackersOf(members.success) : { trackers: [], unusedTrackers: [] }
}

const peerFrom = (text: string): ReadonlyArray<Host.HostPort> => {
  const peer = Result.getOrUndefined(Host.hostPortFromString(text))
  return peer === undefined || peer.port === 0 ? [] : [peer]
}

const filesIn = (selections: ReadonlyArray<string>): ReadonlyArray<FileRange> | undefined => {
  const ranges = selections
    .flatMap((selection) => selection.split(",", most))
    .flatMap((text): ReadonlyArray<FileRange> => {
      const [, first, last = first] = /^\s*(\d{1,9})(?:-(\d{1,9}))?\s*$/.exec(text) ?? []
      return first === undefined || Number(last) < Number(first) ? [] : [{ first: Number(first), last: Number(last) }]
    })
    .slice(0, most)
  return ranges.length === 0 ? undefined : ranges
}

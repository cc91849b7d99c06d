/** Where a web seed has each file of a torrent (BEP 19), and how an URL is shown. */
import { Result } from "effect"
import * as AnnounceUrl from "./AnnounceUrl.ts"
import { BencodeView } from "./BencodeView.ts"
import { safeName } from "./FilePath.ts"
import { type Members, membersOf } from "./MetainfoMembers.ts"
import type { TorrentFile } from "./TorrentFile.ts"
import * as Utf8 from "./Utf8.ts"

/** What a file is called in the torrent, the torrent's folder first: bytes, which the safe names of its path may not be. */
export type Names = ReadonlyArray<Uint8Array>

/** The names of all files, in their order; those of their paths where the torrent gives no others. */
export const namesOf = (torrent: {
  readonly info: Uint8Array
  readonly files: ReadonlyArray<Pick<TorrentFile, "path">>
}): ReadonlyArray<Names> => {
  const read = Result.flatMap(BencodeView.fromBytes(torrent.info), (info) => membersOf(info, "", []))
  const named = Result.isSuccess(read) ? namesIn(read.success) : []
  return torrent.files.map(({ path }, file) => {
    const names = named[file]
    return names?.length === path.length ? names : path.map((name) => Utf8.fromText(name))
  })
}

/**
 * The URL of a file: of a torrent of many, the web seed's with the file's names behind it, the torrent's folder first; of a single one, the web seed's, with the file's name behind it where that ends in a
 * slash.
 */
export const ofFile = (webSeed: string, names: Names): string => {
  const url = webSeed.replace(/#.*$/s, "")
  if (names.length === 1 && !url.endsWith("/")) return url
  return `${url.endsWith("/") ? url : `${url}/`}${names.map(encoded).join("/")}`
}

/** An URL as it may be shown, as announce URLs are: a private one may have a pass key in its path or its query. */
export const shown = (url: string): string => AnnounceUrl.shown(url)

/** A web seed, and what it is called where it is told of. */
export interface Named {
  readonly url: string
  readonly name: string
}

/** The web seeds of a torrent, one place by two passwords once; those that look alike as they may be shown have numbers. */
export const named = (urls: ReadonlyArray<string>): ReadonlyArray<Named> => {
  const places = new Map<string, string>()
  for (const url of urls) {
    const place = url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, "$1")
    if (!places.has(place)) places.set(place, url)
  }
  const times = new Map<string, number>()
  return [...places.values()].map((url) => {
    const name = shown(url)
    const nth = (times.get(name) ?? 0) + 1
    times.set(name, nth)
    return { url, name: nth === 1 ? name : `${name} (${nth})` }
  })
}

const namesIn = (info: Members): ReadonlyArray<Names> => {
  const root = nameIn(info)
  if (root === undefined) return []
  const files = info.get("files")
  if (files === undefined) return [[root]]
  if (!files.isList) return []
  return Array.from(files.items(), (file) => {
    const read = membersOf(file, "", [])
    return Result.isSuccess(read) ? [root, ...pathIn(read.success)] : []
  })
}

const nameIn = (info: Members): Uint8Array | undefined => {
  const utf8 = info.get("name.utf-8")?.bytes
  return utf8 !== undefined && utf8.length > 0 ? utf8 : info.get("name")?.bytes
}

/** Without what the path of a file is without: names of which nothing is left. */
const pathIn = (file: Members): ReadonlyArray<Uint8Array> => {
  const utf8 = bytesIn(file.get("path.utf-8"))
  const names = utf8.length > 0 && !utf8.includes(undefined) ? utf8 : bytesIn(file.get("path"))
  return names.filter(
    (name): name is Uint8Array => name !== undefined && Result.getOrElse(safeName(name), () => "") !== "",
  )
}

const bytesIn = (list: BencodeView | undefined): ReadonlyArray<Uint8Array | undefined> =>
  list?.isList === true ? Array.from(list.items(), ({ bytes }) => bytes) : []

/** A name as a segment of a path (RFC 3986). */
const encoded = (name: Uint8Array): string => {
  let text = ""
  for (const byte of name) {
    const character = String.fromCharCode(byte)
    text += /[\w.~!'()*-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`
  }
  return text
}

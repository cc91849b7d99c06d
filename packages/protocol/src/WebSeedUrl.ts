/** Where a web seed has each file of a torrent (BEP 19), and how an URL is shown. */
import { Result } from "effect"
import { BencodeView } from "./BencodeView.ts"
import { safeName } from "./FilePath.ts"
import { type Members, membersOf } from "./MetainfoMembers.ts"
import { hidden, type Manner, shownAs, withoutSecretsOf } from "./shownUrl.ts"
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

/**
 * An address on the web as it may be shown: without user name, password and query, and without what is long in its path and no word. Servers that want to know their users put keys there; all else of a path is names of
 * folders and files.
 */
export const shown = (url: string): string => shownAs(manner, url)

/** What a server says that was called at such an address, without what is not shown of it. */
export const without = (url: string, text: string): string => withoutSecretsOf(manner, url, text)

/** As keys are written: many letters and digits in a row. */
const keys = /(?=[a-z]*\d)[a-z\d]{20,}/gi

const manner: Manner = {
  shown: (path) => path.replaceAll(keys, hidden),
  secrets: (path) => path.match(keys) ?? [],
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

/**
 * One name out of a torrent, made safe to create on any disk.
 *
 * A name that tries to leave its folder is refused, not repaired: nobody makes such a torrent by accident. Everything else is kept where it can be
 * kept (leading dots, `Icon\r`, any script) and otherwise renamed in the way of other clients, on every platform, so that a download can be moved.
 */
import { Result } from "effect"
import * as Utf8 from "./Utf8.ts"

/** What makes a name impossible. */
export type FilePathFault = "leaves the download folder" | "contains a NUL"

/** A name that is safe as one segment of a path. */
export interface SafeName {
  readonly name: string
  /** What it was, for telling names apart that look alike once they are safe: its text, or its bytes behind a NUL where they were no text. */
  readonly identity: string
}

/** The longest name of a file or folder, in bytes of UTF-8; what every common file system allows. */
export const maxNameLength = 255

/** Makes one segment of a path safe. The result is never empty, `.` or `..`, has no separator, and is at most 255 bytes. */
export const safeName = (bytes: Uint8Array): Result.Result<SafeName, FilePathFault> => {
  const { repaired, text } = Utf8.decode(bytes)
  if (text.includes("\0")) return Result.fail("contains a NUL")
  if (escapes(text)) return Result.fail("leaves the download folder")
  return Result.succeed({ name: portable(text), identity: repaired ? `\0${Utf8.oneToOne(bytes)}` : text })
}

/** `name.1.ext`: another name for a file whose own is taken, not longer than 255 bytes. */
export const numbered = (name: string, number: number): string => {
  const [stem, extension] = split(name)
  const cut = (limit: number) => shorten(stem, `.${number}${extension}`, limit)
  const longest = cut(maxNameLength)
  return deviceName.test(longest) ? `_${cut(maxNameLength - 1)}` : longest
}

/** Two names that a case-insensitive or normalising file system may take for one have the same key. Both ways: "ẞ" is "ß" in lower case, and that is "SS" in upper. */
export const foldedKey = (name: string): string =>
  /^[ -~]*$/.test(name)
    ? name.toLowerCase()
    : name.normalize("NFC").toLowerCase().toUpperCase().toLowerCase().normalize("NFC")

const escapes = (text: string): boolean => /^[/\\]|^[a-z]:(?:[/\\]|$)|(?:^|[/\\])\.\.(?:[/\\]|$)/i.test(text)

const portable = (whole: string): string => {
  const text = whole.length > 2 * nearEnd ? (whole.slice(0, nearEnd) + whole.slice(-nearEnd)).toWellFormed() : whole
  // Separators, and the marks that reverse the direction of writing ("exe.txt" for "txt.exe"): libtorrent drops them too.
  const visible = text.replaceAll(/[/\\\u200e\u200f\u202a-\u202e]/g, "")
  const trimmed = withoutTrailing(visible)
  const name = withoutDevice(trimmed)
  if (Utf8.byteLength(name) <= maxNameLength) return name === "" ? "_" : name
  const [stem, extension] = split(name)
  return withoutDevice(withoutTrailing(shorten(stem, extension, shortenedLength))) || "_"
}

/** Of a text that is longer than two of these, its ends are looked at: at most 240 bytes are kept, and a name may have millions. */
const nearEnd = 2048

/** Without the dots and spaces at its end, which Windows drops. By hand: the regular expression takes quadratic time. */
const withoutTrailing = (text: string): string => {
  let end = text.length
  while (end > 0 && (text[end - 1] === "." || text[end - 1] === " ")) end--
  return text.slice(0, end)
}

/** Names that Windows keeps for devices, with any extension. */
const deviceName = /^(?:con|prn|aux|nul|clock\$|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(?:\.|$)/i

/** Cutting a name can lay bare what the rest had hidden: to be asked again after each cut. */
const withoutDevice = (name: string): string => (deviceName.test(name) ? `_${name}` : name)

/** What an over-long name is cut to, in bytes: it leaves room for a number; the same as in libtorrent. */
const shortenedLength = 240

/** The longest end of a name that is kept as its extension, with its dot. */
const maxExtensionLength = 10

const split = (name: string): readonly [stem: string, extension: string] => {
  const dot = name.lastIndexOf(".")
  const hasExtension = dot > 0 && Utf8.byteLength(name.slice(dot)) <= maxExtensionLength
  return hasExtension ? [name.slice(0, dot), name.slice(dot)] : [name, ""]
}

/** The stem cut so that it and the end take at most `limit` bytes, never within a character. */
const shorten = (stem: string, end: string, limit: number): string => {
  let room = limit - Utf8.byteLength(end)
  let kept = ""
  for (const character of stem) {
    room -= Utf8.byteLength(character)
    if (room < 0) break
    kept += character
  }
  return kept + end
}

/**
 * One name out of a torrent, made safe to create.
 *
 * A name that tries to leave its folder is refused, not repaired: nobody makes such a torrent by accident. Everything else is kept as far as Linux and macOS
 * keep it (trailing dots, `Icon\r`, `aux.c`, any script), so that what another client has fetched is found; what has to change changes in libtorrent's way.
 * A disk that takes less gets `portableName`.
 */
import { Result } from "effect"
import * as Utf8 from "./Utf8.ts"

/** What makes a name impossible. */
export type FilePathFault = "leaves the download folder" | "contains a NUL"

/** The longest name of a file or folder, in bytes of UTF-8; what every common file system allows. */
export const maxNameLength = 255

/** Makes one segment of a path safe: never `.` or `..`, without separators, at most 255 bytes. Empty where nothing is left of it, as of `/` or `.`. */
export const safeName = (bytes: Uint8Array): Result.Result<string, FilePathFault> => {
  const text = Utf8.toText(bytes)
  if (text.includes("\0")) return Result.fail("contains a NUL")
  const name = visible(text)
  return escapes(text) || escapes(name) ? Result.fail("leaves the download folder") : Result.succeed(cut(name))
}

/**
 * The name for a disk that does not take every name (FAT, exFAT, NTFS): without the characters and the ends that these refuse or drop, and no device of
 * Windows. Of a safe name it makes a safe one; several may come to the same.
 */
export const portableName = (name: string): string => {
  // oxlint-disable-next-line no-control-regex
  const trimmed = withoutTrailing(name.replaceAll(/[\u0000-\u001f?:*|<>"]/g, "_")) || "_"
  if (!deviceName.test(trimmed)) return trimmed
  return `_${Utf8.byteLength(trimmed) < maxNameLength ? trimmed : trimmed.slice(1)}`
}

/** `name.1.ext`: another name for a file whose own is taken, as libtorrent gives it; not longer than 255 bytes. */
export const numbered = (name: string, number: number): string => {
  const dot = name.lastIndexOf(".")
  const extension = dot < 0 ? "" : name.slice(dot)
  return Utf8.byteLength(extension) > maxNameLength / 2
    ? shortened(name, `.${number}`)
    : shortened(dot < 0 ? name : name.slice(0, dot), `.${number}${extension}`)
}

/** Two names that a case-insensitive or normalising file system may take for one have the same key. Both ways: "ẞ" is "ß" in lower case, and that is "SS" in upper. */
export const foldedKey = (name: string): string =>
  /^[ -~]*$/.test(name)
    ? name.toLowerCase()
    : name.normalize("NFC").toLowerCase().toUpperCase().toLowerCase().normalize("NFC")

/** A separator at the front is harmless: all of them are dropped. */
const escapes = (text: string): boolean => /^[/\\]*[a-z]:(?:[/\\]|$)|(?:^|[/\\])\.\.(?:[/\\]|$)/i.test(text)

/** Without separators, and the marks that reverse the direction of writing ("exe.txt" for "txt.exe"): libtorrent drops them too. */
const visible = (whole: string): string => {
  const text = whole.length > 2 * nearEnd ? (whole.slice(0, nearEnd) + whole.slice(-nearEnd)).toWellFormed() : whole
  const name = text.replaceAll(/[/\\\u200e\u200f\u202a-\u202e]/g, "")
  return name === "." || name === ".." ? "" : name
}

/** Of a text that is longer than two of these, its ends are looked at: at most 252 bytes are kept, and a name may have millions. */
const nearEnd = 2048

/** Names that Windows keeps for devices, with any extension. */
const deviceName = /^(?:con|prn|aux|nul|clock\$|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(?:\.|$)/i

/** Without the dots and spaces at its end, which Windows drops. By hand: the regular expression takes quadratic time. */
const withoutTrailing = (text: string): string => {
  let end = text.length
  while (end > 0 && (text[end - 1] === "." || text[end - 1] === " ")) end--
  return text.slice(0, end)
}

/** An over-long name is cut at the character with which it has this many bytes, and keeps its extension; as in libtorrent. */
const cutLength = 240

/** The longest end of an over-long name that is kept as its extension, with its dot. */
const maxExtensionLength = 9

const cut = (name: string): string => {
  if (Utf8.byteLength(name) <= maxNameLength) return name
  const dot = name.lastIndexOf(".")
  const extension = dot > 0 && Utf8.byteLength(name.slice(dot)) <= maxExtensionLength ? name.slice(dot) : ""
  let kept = ""
  let length = 0
  for (const character of name) {
    if (length >= cutLength) break
    length += Utf8.byteLength(character)
    kept += character
  }
  return kept + extension
}

/** The stem cut so that it and the end take at most 255 bytes, never within a character. */
const shortened = (stem: string, end: string): string => {
  let room = maxNameLength - Utf8.byteLength(end)
  let kept = ""
  for (const character of stem) {
    room -= Utf8.byteLength(character)
    if (room < 0) break
    kept += character
  }
  return kept + end
}

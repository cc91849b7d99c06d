/** The order of a torrent's files, which its info hash depends on: that of other programs. */
import type { FindOptions, FoundFile } from "./findFiles.ts"

/** A path as one name. */
export const keyOf = (path: ReadonlyArray<string>): string => path.join("/")

/** By the whole path: "a-b" comes before "a/b", and that before "a0". */
export const ordered = (
  files: ReadonlyArray<FoundFile>,
  order: NonNullable<FindOptions["order"]>,
): ReadonlyArray<FoundFile> => {
  const keyed = files.map((file) => {
    const path = keyOf(file.path)
    return { file, bytes: Buffer.from(path), letters: order === "bytes" ? none : lowered(path) }
  })
  keyed.sort((a, b) => Buffer.compare(a.letters, b.letters) || Buffer.compare(a.bytes, b.bytes))
  return keyed.map(({ file }) => file)
}

const none = Buffer.alloc(0)

/** As transmission 3 compares: A to Z as a to z, and bytes as signed numbers, so that letters of other scripts come first. */
const lowered = (path: string): Buffer => {
  const bytes = Buffer.from(path.replace(/[A-Z]/g, (letter) => letter.toLowerCase()))
  for (let at = 0; at < bytes.length; at++) bytes[at]! ^= 0x80
  return bytes
}

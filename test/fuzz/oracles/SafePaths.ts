/** What a path from outside must never do on any disk; by rules of its own, not by those of the code that makes paths safe. */
import { posix, win32 } from "node:path"
import { check } from "./check.ts"

/** Throws unless every path stays in the folder, and no two are one file or a file and a folder, whatever the disk thinks of case and normalisation. */
export const checkPaths = (paths: ReadonlyArray<ReadonlyArray<string>>): void => {
  const files = new Set<string>()
  const folders = new Set<string>()
  for (const path of paths) {
    check(path.length > 0, "a file without a path")
    path.forEach(checkName)
    check(posix.resolve("/here", ...path) === `/here/${path.join("/")}`, "leaves the folder", path)
    check(win32.join("D:\\here", ...path) === `D:\\here\\${path.join("\\")}`, "leaves the folder on Windows", path)
    const segments = path.map(folded)
    const file = segments.join("/")
    check(!files.has(file), "two files on one path", path)
    files.add(file)
    for (let depth = 1; depth < segments.length; depth++) folders.add(segments.slice(0, depth).join("/"))
  }
  for (const folder of folders) check(!files.has(folder), "a file where a folder is", folder)
}

/** One name within a path. */
export const checkName = (name: string): void => {
  check(name !== "" && name !== "." && name !== "..", "not a name", name)
  check(!/[/\\\0]/.test(name), "a separator or a NUL in a name", name)
  check(name.isWellFormed(), "half a character in a name", name)
  check(Buffer.byteLength(name) <= 255, "a name over 255 bytes", name)
  check(!/[\u202a-\u202e\u200e\u200f]/.test(name), "a mark that turns the direction of writing", name)
}

/** One name within a path on a disk that does not take every name. */
export const checkPortable = (name: string): void => {
  // oxlint-disable-next-line no-control-regex
  check(!/[<>:"|?*\u0000-\u001f]/.test(name), "FAT and NTFS do not take this name", name)
  check(!/[. ]$/.test(name), "Windows drops the end of this name", name)
  check(!/^(?:con|prn|aux|nul|com\d|lpt\d) *(?:\..*)?$/i.test(name), "a device of Windows", name)
}

/** Canonical caseless matching as Unicode defines it (D145), case folding done by way of both cases. */
const folded = (name: string): string => caseless(caseless(name.normalize("NFD")).normalize("NFD")).normalize("NFD")

const caseless = (text: string): string => text.toLowerCase().toUpperCase().toLowerCase()

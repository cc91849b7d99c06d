/** How a torrent was named to a command that takes several, and whether to read what was named may take any time. */
import { statSync } from "node:fs"
import { stdin } from "../inputOf.ts"
import { isNoPath, isWebAddress } from "../webAddress.ts"

export interface Naming {
  /** A path, an address or a link. */
  readonly text: string
  /** What is in a folder that is watched may be tried again. */
  readonly by: "argument" | "list" | "folder"
}

/** Whether others have to come at once: a server, a pipe or a device answers when it likes, a file on the disk now. */
export const mayTakeLong = (text: string): boolean => {
  if (isNoPath(text)) return isWebAddress(text)
  if (text === stdin) return true
  try {
    const stat = statSync(text)
    return !stat.isFile() && !stat.isDirectory()
  } catch {
    // That it is not there is known at once, too.
    return false
  }
}

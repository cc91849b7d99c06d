/** What can be done about what a disk has refused. */
import type { StorageError } from "@unchoke/engine"
import type { NotMoved } from "../afterwards/NotMoved.ts"
import { quoted } from "./text.ts"
import * as Units from "./units.ts"

/** What happened, and with what. */
export const storageProblem = (error: StorageError): string =>
  error.reason === "not this torrent's" && error.size !== undefined
    ? `cannot create ${error.path}: it exists, ${Units.bytes(error.size)}, and is not what the torrent has there`
    : error.message

/** Where it is, and what can be done about it. */
export const unmoved = ({ complete, from, reason }: NotMoved): string => {
  const where = complete ? `It is in ${quoted(from)}` : "Nothing was fetched"
  const then = complete ? "; the same command then moves it." : "."
  switch (reason) {
    case "not this torrent's":
      return `${where}. Remove what is in the way${complete ? "" : ", have it replaced with --overwrite"}, or choose another folder with --move-to${then}`
    case "not a folder":
      return `${where}. Remove what is in the place of a folder, or choose another folder with --move-to${then}`
    case "permission denied":
    case "read-only":
      return `${where}. Get permission for it, or choose another folder with --move-to${then}`
    case "no space":
      return `${where}. Free some space, or choose another folder with --move-to${then}`
    case "in use":
      return `${where}. Wait until it is done, or end it first${then}`
    default:
      return `${where}; the same command tries again.`
  }
}

/** Of a download, of which what is verified stays. */
export const storage = ({ operation, reason }: StorageError): string => {
  switch (reason) {
    case "no space":
      return `Free some space and ${again}`
    case "permission denied":
      return `Get permission for it and ${again} Or choose another folder with --output.`
    case "read-only":
      return `Make the disk writable and ${again} Or choose another folder with --output.`
    case "not a folder":
      return "There is a file where a folder should be: move it away, or choose another folder."
    case "is a folder":
      return "There is a folder where a file should be: move it away, or choose another folder."
    case "not a file":
      return "There is a pipe, a socket or a device where a file should be: move it away, or choose another folder."
    case "outside the folder":
      return "There is a link that leads out of the download folder: move it away, or choose another folder."
    case "not found":
      return operation === "create"
        ? "No folder or file can be made there: choose another folder."
        : `Somebody else has moved or deleted it: put it back if you can, and ${again}`
    case "not this torrent's":
      return "It was left as it is: choose another folder with --output, or have it replaced with --overwrite."
    case "in use":
      return "Wait until it is done, or end it first."
    case "changed":
      return `Somebody else has changed it while we wrote: see who, and ${again}`
    case "too many open files":
      return `Raise the limit (\`ulimit -n\`) and ${again}`
    case "file too large":
      return "The disk's format, or a limit (`ulimit -f`), does not allow a file of this length: choose a folder on another disk."
    default:
      return `When this is settled, ${again}`
  }
}

const again = "run the same command again: what is verified is not fetched again."

/** Of what a torrent is made of. */
export const unreadable = ({ reason }: StorageError): string => {
  switch (reason) {
    case "not found":
      return "Name a file or a folder that is there; nothing was written."
    case "changed":
      return "Somebody has changed it meanwhile: run it again when nobody writes to it; nothing was written."
    case "permission denied":
      return "Get permission for it, or move it away; nothing was written."
    case "too many open files":
      return "Raise the limit (`ulimit -n`); nothing was written."
    case "not a folder":
      return "There is a file where a folder should be: name what is there; nothing was written."
    default:
      return "Nothing was written."
  }
}

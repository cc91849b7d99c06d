/** What a system call refused, as the engine's typed error. */
import { StorageError } from "@unchoke/engine"
import type { Fault } from "./Disk.ts"

/** The fault as a `StorageError`, its errno as a reason. */
export const toStorageError = ({ operation, path, code, message, size }: Fault): StorageError =>
  new StorageError({
    operation,
    path,
    reason: reasons[code] ?? "other",
    ...(size === undefined ? {} : { size }),
    cause: Object.assign(new Error(message), { code }),
  })

const reasons: Readonly<Record<string, StorageError["reason"]>> = {
  EACCES: "permission denied",
  ECHANGED: "changed",
  EDQUOT: "no space",
  EFBIG: "file too large",
  EFOREIGN: "not this torrent's",
  EISDIR: "is a folder",
  EMFILE: "too many open files",
  ENFILE: "too many open files",
  ENOENT: "not found",
  ENODEV: "not a file",
  ENOSPC: "no space",
  ENOTDIR: "not a folder",
  ENOTFILE: "not a file",
  ENXIO: "not a file",
  EOUTSIDE: "outside the folder",
  EPERM: "permission denied",
  EROFS: "read-only",
  ESHORT: "short write",
}

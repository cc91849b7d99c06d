import { Schema } from "effect"

/** The disk did not do what we asked of it. The download can be resumed once the cause is gone. */
export class StorageError extends Schema.TaggedError<StorageError>()("StorageError", {
  path: Schema.String,
  operation: Schema.Literals(["open", "create", "read", "write", "resize"]),
  reason: Schema.Literals([
    "no space",
    "permission denied",
    "read-only",
    "not a folder",
    "is a folder",
    "not a file",
    "not found",
    "too many open files",
    "file too large",
    "short write",
    "outside the folder",
    "changed",
    "not this torrent's",
    "in use",
    "other",
  ]),
  size: Schema.optional(Schema.Number),
  holder: Schema.optional(Schema.Int),
  cause: Schema.optional(Schema.Defect()),
}) {
  /** The file or folder. */
  declare readonly path: string
  /** What was asked of the disk. */
  declare readonly operation: typeof StorageError.fields.operation.Type
  /** What it answered. */
  declare readonly reason: typeof StorageError.fields.reason.Type
  /** Of what is "not this torrent's": how long it is, in bytes. */
  declare readonly size?: number | undefined
  /** Who has it "in use": the number of the process. */
  declare readonly holder?: number | undefined
  /** What the system said. */
  declare readonly cause?: unknown

  override get message(): string {
    return `cannot ${this.operation} ${this.path}: ${storageReason(this)}`
  }
}

const storageReason = ({ cause, holder, reason, size }: StorageError): string => {
  switch (reason) {
    case "not this torrent's":
      return `it exists${size === undefined ? "" : `, ${size} bytes`}, and is not what the torrent has there`
    case "in use":
      return `process ${holder ?? "unknown"} is downloading the same torrent into the same folder`
    case "other":
      return systemsWord(cause)
    default:
      return reason
  }
}

/** What has no reason of its own, by its errno. */
const systemsWord = (cause: unknown): string =>
  typeof cause === "object" && cause !== null && "code" in cause && typeof cause.code === "string" && cause.code !== ""
    ? (words[cause.code] ?? `the system said ${cause.code}`)
    : "the system refused"

const words: Readonly<Record<string, string>> = {
  ELOOP: "its links lead in a circle",
  ENAMETOOLONG: "its name is longer than the disk takes",
  ERR_INVALID_ARG_VALUE: "there is a NUL in its name",
}

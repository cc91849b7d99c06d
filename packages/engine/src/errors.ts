/**
 * Every typed failure, in one catalogue: which peer, in which phase, what was seen, what was wanted.
 *
 * Fields are data; the one sentence for people is derived from them, here.
 */
import { Schema } from "effect"

/** What the disk refused, and why. */
export const StorageReason = Schema.Literals([
  "no space",
  "permission denied",
  "read-only",
  "not a folder",
  "is a folder",
  "not found",
  "too many open files",
  "short write",
  "changed",
  "other",
])

/** The disk did not do what we asked of it. The download can be resumed once the cause is gone. */
export class StorageError extends Schema.TaggedError<StorageError>()("StorageError", {
  path: Schema.String,
  operation: Schema.Literals(["open", "create", "read", "write", "resize"]),
  reason: StorageReason,
  cause: Schema.optional(Schema.Defect()),
}) {
  override get message(): string {
    return `cannot ${this.operation} ${this.path}: ${this.reason}`
  }
}

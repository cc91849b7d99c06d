/** Paths among the arguments that can't be looked at (a file where a folder should be, no permission) are left to the commands, which have words for it. */
import { Effect, FileSystem, Layer } from "effect"

/** The file system, but a path whose existence is in doubt exists. */
export const anyPathExists = Layer.effect(
  FileSystem.FileSystem,
  Effect.map(FileSystem.FileSystem, (fs) => ({
    ...fs,
    exists: (path: string) => Effect.orElseSucceed(fs.exists(path), () => true),
  })),
)

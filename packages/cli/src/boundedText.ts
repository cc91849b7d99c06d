/** A file's text, or what a pipe or a device gives, of so many bytes at most. */
import { Effect, FileSystem, type PlatformError, Stream } from "effect"

/** `undefined` where it is longer. No more than that is read, whatever the system says its size is. */
export const boundedText = (
  path: string,
  most: number,
): Effect.Effect<string | undefined, PlatformError.PlatformError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const chunks = yield* Stream.runCollect(fs.stream(path, { bytesToRead: most + 1 }))
    const bytes = Buffer.concat(chunks)
    return bytes.length > most ? undefined : bytes.toString("utf8")
  })

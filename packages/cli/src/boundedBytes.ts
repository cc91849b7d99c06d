/** What is in a file, or what a pipe or a device gives: as it comes, or of so many bytes at most. An interruption does not wait for a pipe at whose other end nobody is. */
import { Bytes, Effect, Stream } from "effect"
import { createReadStream } from "node:fs"

/** As it comes. Fails with what the system has said. */
export const bytesOf = (path: string): Stream.Stream<Uint8Array, { readonly cause: unknown }> =>
  Stream.unwrap(
    Effect.map(
      // Nothing is read any more of a pipe that somebody opens too late.
      Effect.acquireRelease(
        // What comes of an opening after that concerns nobody.
        Effect.sync(() => createReadStream(path).on("error", () => {})),
        (stream) => Effect.sync(() => void stream.destroy()),
      ),
      (stream) => Stream.fromAsyncIterable<Uint8Array, { readonly cause: unknown }>(stream, (cause) => ({ cause })),
    ),
  )

/**
 * Longer than `most` where there is more than that: no further is read, whatever the system says its size is. Fails with what the system has said.
 */
export const boundedBytes = (path: string, most: number): Effect.Effect<Uint8Array, { readonly cause: unknown }> =>
  Effect.tryPromise({
    try: async (signal) => {
      const chunks: Array<Uint8Array> = []
      let length = 0
      for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal })) {
        chunks.push(chunk)
        length += chunk.length
        if (length > most) break
      }
      return Bytes.concat(chunks)
    },
    catch: (cause) => ({ cause }),
  })

/** The same as text; `undefined` where there is more. */
export const boundedText = (path: string, most: number) =>
  Effect.map(boundedBytes(path, most), (bytes) => (bytes.length > most ? undefined : new TextDecoder().decode(bytes)))

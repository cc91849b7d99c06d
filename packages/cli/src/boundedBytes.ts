/** What is in a file, or what a pipe or a device gives: as it comes, or of so many bytes at most. An interruption does not wait for a pipe at whose other end nobody is. */
import { Bytes, Effect, Stream } from "effect"
import * as Fs from "node:fs"
import type { Readable } from "node:stream"

/**
 * A pipe is opened without waiting for somebody who writes into it: the threads that all files share are four, and one that waits there is lost to them. Elsewhere than on Linux a pipe into which nobody writes
 * yet has come to its end, so there it is waited for.
 */
const opened = async (path: string, options: { readonly signal?: AbortSignal } = {}): Promise<Readable> => {
  const stat = process.platform === "linux" ? await Fs.promises.stat(path).catch(() => undefined) : undefined
  if (stat?.isFIFO() !== true) return Fs.createReadStream(path, { highWaterMark: 1 << 20, ...options })
  const { Socket } = await import("node:net")
  const fd = Fs.openSync(path, Fs.constants.O_RDONLY | Fs.constants.O_NONBLOCK)
  return new Socket({ fd, readable: true, writable: false, ...options })
}

/** As it comes. Fails with what the system has said. */
export const bytesOf = (path: string): Stream.Stream<Uint8Array, { readonly cause: unknown }> =>
  Stream.unwrap(
    Effect.map(
      // Nothing is read any more of a pipe that somebody opens too late.
      Effect.acquireRelease(
        // What comes of an opening after that concerns nobody.
        Effect.tryPromise({
          try: async () => (await opened(path)).on("error", () => {}),
          catch: (cause) => ({ cause }),
        }),
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
      for await (const chunk of (await opened(path, { signal })) as AsyncIterable<Uint8Array>) {
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

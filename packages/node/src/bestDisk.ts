/** The disk that suits a torrent: this thread for a small one, and for a big one too until the thread of its own has started. */
import { Effect, type Scope } from "effect"
import * as Fs from "node:fs"
import type { Disk, Layout } from "./Disk.ts"
import * as InlineDisk from "./InlineDisk.ts"
import * as WorkerDisk from "./WorkerDisk.ts"

/**
 * Torrents up to so many bytes are done before a worker would have earned its start-up: on two cores 256 MiB take 0.39 s either way, 1 GiB 1.1 s here and
 * 1.0 s with a worker.
 */
const inlineLength = 256 << 20

/** For a torrent of `length` bytes. */
export const bestDisk = Effect.fnUntraced(function* (
  layout: Layout,
  length: number,
): Effect.fn.Return<Disk, never, Scope.Scope> {
  if (length <= inlineLength) return yield* InlineDisk.make(layout)
  // Nothing that a thread of the pool writes: what it may have written among others' writes would all have to be read again.
  const inline = yield* InlineDisk.makeOn(Fs, layout, Infinity)
  return handingOver(inline, yield* WorkerDisk.makeResting(layout))
})

/** The first until the second is ready, and never both at once: they write to the same files and the same record. */
export const handingOver = (
  first: InlineDisk.InlineDisk,
  second: WorkerDisk.WorkerDisk & Pick<Disk, "retire">,
): Disk => ({
  wake: () => void second.ready(),
  retire: () => second.retire?.(),
  submit: (request, done) => {
    if (second.ready()) void first.idle().then(() => second.submit(request, done))
    else first.submit(request, done)
  },
})

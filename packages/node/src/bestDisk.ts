/** The disk that suits a torrent: this thread for a small one, and for a big one too until the thread of its own has started. */
import { Effect, type Scope } from "effect"
import type { Disk, Layout } from "./Disk.ts"
import * as InlineDisk from "./InlineDisk.ts"
import * as WorkerDisk from "./WorkerDisk.ts"

/** Torrents up to so many bytes are written by this thread, at once: so little that a slow disk holds up nothing for long. 64 MiB take a twentieth more CPU with a thread of their own, and no more time. */
const inlineLength = 4 << 20

/** For a torrent of `length` bytes. */
export const bestDisk = Effect.fnUntraced(function* (
  layout: Layout,
  length: number,
): Effect.fn.Return<Disk, never, Scope.Scope> {
  const inline = yield* InlineDisk.make(layout)
  return length <= inlineLength ? inline : handingOver(inline, yield* WorkerDisk.makeResting(layout))
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

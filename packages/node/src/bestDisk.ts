/** The disk that suits a torrent: this thread for a small one; for a big one a thread of its own, and this one for what is soon done until that has started. */
import { Effect, type Scope } from "effect"
import type { Disk, Layout, Reply, Request } from "./Disk.ts"
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

/** What may take long is never done by the thread that has to hear signals and sockets. */
const mayTakeLong: ReadonlySet<Request["kind"]> = new Set(["write", "check", "bring", "hollow"])

/** The first, for what is soon done, until the second is ready; and never both at once: they write to the same files and the same record. */
export const handingOver = (
  first: InlineDisk.InlineDisk,
  second: WorkerDisk.WorkerDisk & Pick<Disk, "retire">,
): Disk => {
  /** How much the second has been handed and has not done. */
  let due = 0
  /** One after the other, in the order in which they were asked for. */
  let released: Promise<unknown> = Promise.resolve()
  return {
    wake: () => void second.ready(),
    retire: () => second.retire?.(),
    submit: (request, done) => {
      const isReady = second.ready()
      if (!isReady && due === 0 && !mayTakeLong.has(request.kind)) return first.submit(request, done)
      due++
      const settled = (reply: Reply) => {
        due--
        done(reply)
      }
      released = released.then(first.release)
      void released.then(() => second.submit(request, settled))
    },
  }
}

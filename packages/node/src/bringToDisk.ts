/**
 * Brings what was written from the page cache to the disk, and says so in the record.
 *
 * A killed process loses nothing that it has written; a machine that goes down does. After its next start only what this has marked is believed, and the rest is hashed.
 * It happens beside the writing, in a thread of Node's pool.
 */
import { Effect } from "effect"
import * as Fs from "node:fs"
import type { Layout } from "./Disk.ts"
import type { FilePlaces } from "./filePlaces.ts"
import * as ResumeRecord from "./ResumeRecord.ts"

/** Between two times: what is hashed again after the machine went down, and was written to nobody's harm before. */
const every = "30 seconds"

/** A torrent of more files is hashed again: each would cost the disk a movement or two. */
const mostFiles = 1024

/** Every half minute, for ever. */
export const bringToDiskRegularly = (layout: Layout, places: FilePlaces): Effect.Effect<never> => {
  const stamps = new Float64Array(layout.stamps)
  const brought = new Float64Array(stamps.length)
  return bringToDisk(layout, places, stamps, brought).pipe(Effect.delay(every), Effect.ignore, Effect.forever)
}

/**
 * Once: the files whose `stamps` differ from those with which they were `brought` last. Nothing is claimed when a file refuses, nor ever after the disk has
 * said that it could not write: it says so once, and calls what it has lost written the next time.
 */
export const bringToDisk = Effect.fnUntraced(function* (
  layout: Layout,
  places: FilePlaces,
  stamps: Float64Array,
  brought: Float64Array,
  sync: typeof Fs.fdatasync = Fs.fdatasync,
) {
  const { lengths, record } = layout
  const broken = stamps.length - 1
  if (lengths.length > mostFiles || stamps[broken] === 1 || brought[broken] === 1) return
  // What is in the record by now was written before now, and has its stamps.
  const { size } = yield* call<Fs.Stats>((done) => Fs.stat(record, done))
  const now = stamps.slice()
  const due = [...lengths.keys()].filter((file) => lengths[file]! > 0 && now[ctimeOf(file)] !== brought[ctimeOf(file)])
  if (due.length === 0) return
  const bring = (fd: number, done: Fs.NoParamCallback) =>
    sync(fd, (error) => {
      if (error !== null) brought[broken] = 1
      done(error)
    })
  yield* Effect.forEach(due, (file) => withFile(places.absolute(file), O_RDONLY, bring), { discard: true })
  if (stamps[broken] === 1) return
  const mark = ResumeRecord.durable(size)
  yield* withFile(record, O_WRONLY | O_APPEND, (fd, done) =>
    Fs.fstat(fd, (failure, found) => {
      // Another file has its name by now.
      if (failure !== null || found.ino !== stamps[broken - 1] || found.nlink !== 1) return done(failure)
      Fs.write(fd, mark, (error, written) => {
        if (written !== mark.length) stamps[broken] = 1
        done(error)
      })
    }),
  )
  brought.set(now)
})

const ctimeOf = (file: number): number => file * ResumeRecord.stampSize + 1

type Done<A> = (error: Error | null, value: A) => void

const call = <A>(start: (done: Done<A>) => void) =>
  Effect.callback<A, Error>((resume) =>
    start((error, value) => resume(error === null ? Effect.succeed(value) : Effect.fail(error))),
  )

const { O_APPEND, O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY, O_WRONLY } = Fs.constants

/** Opens a file that is there, and closes it when `use` is done: even when nobody waits any more, and never before. */
const withFile = (path: string, flags: number, use: (fd: number, done: Fs.NoParamCallback) => void) =>
  call<void>((done) =>
    Fs.open(path, flags | O_NOFOLLOW | O_NONBLOCK, (error, fd) =>
      error === null ? use(fd, (failure) => Fs.close(fd, () => done(failure))) : done(error),
    ),
  )

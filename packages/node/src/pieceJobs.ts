/**
 * Pieces on top of files: checked against their hashes, and written only when these are right.
 *
 * Like `openFiles` it reaches a worker as text, so it refers to nothing outside itself but types.
 */
import type * as Crypto from "node:crypto"
import type { Fault, Jobs, Layout, Reply, Request } from "./Disk.ts"
import type { OpenFiles } from "./openFiles.ts"
import type { PieceHashes } from "./pieceHashes.ts"
import type { PieceJournal } from "./pieceJournal.ts"

export interface PieceJobs {
  /** Answers a request when all earlier ones are answered; whatever goes wrong with one piece or file is its answer. */
  readonly run: (request: Request) => Promise<Reply>
  /** When everything that was asked for so far is done. */
  readonly idle: () => Promise<unknown>
  /** Closes what is open, when all is done. */
  readonly close: () => Promise<void>
}

/** Writes of `elsewhere` bytes and more are made by a thread of Node's pool. */
export const pieceJobs = (
  crypto: typeof Crypto,
  layout: Layout,
  hashes: PieceHashes,
  files: OpenFiles,
  journal: PieceJournal,
  elsewhere: number,
): PieceJobs => {
  const zeros = new Uint8Array(65_536)
  let last: Promise<unknown> = Promise.resolve()

  const run = (request: Request): Promise<Reply> => {
    const step = begin(request)
    const reply = last.then(step).catch((error: unknown) => [faultOf(error)])
    last = reply
    return reply
  }

  const close = async (): Promise<void> => {
    await last
    try {
      journal.close()
    } finally {
      files.close()
    }
  }

  /** Does what needs no file, and returns the rest. */
  const begin = (request: Request): (() => Reply | Promise<Reply>) => {
    switch (request.kind) {
      case "prepare":
        return () => [attempt(() => prepare(request.files))]
      case "inspect":
        return () => request.files.map((file) => attempt(() => files.inspect(file)))
      case "check":
        return () => jobsIn(request.jobs).map((at) => attempt(() => check(request.jobs, at)))
      case "write": {
        const places = jobsIn(request.jobs)
        const right = places.map((at) => isRight(request.jobs, at, request.verified))
        return () => write(request.jobs, places, right)
      }
    }
  }

  const jobsIn = (jobs: Jobs): Array<number> => {
    const places: Array<number> = []
    for (let at = 0; at < jobs.length; at += 4 + jobs[at + 3]! * 4) places.push(at)
    return places
  }

  const prepare = (list: ReadonlyArray<number>): boolean => {
    // A padding file has no place on the disk.
    for (const file of list) if (layout.lengths[file]! >= 0) files.prepare(file)
    return true
  }

  const check = (jobs: Jobs, at: number): boolean => {
    const hash = crypto.createHash("sha1")
    for (let span = at + 4; span < at + 4 + jobs[at + 3]! * 4; span += 4) {
      const file = jobs[span]!
      const start = jobs[span + 1]!
      const length = jobs[span + 3]!
      for (let done = 0; done < length;) {
        const bytes = (file < 0 ? zeros : files.read(file, start + done)).subarray(0, length - done)
        if (bytes.length === 0) return false
        hash.update(bytes)
        done += bytes.length
      }
    }
    return hashes.isHash(jobs[at]!, hash.digest())
  }

  const isRight = (jobs: Jobs, at: number, verified: ReadonlyArray<number>): boolean =>
    verified.includes(jobs[at]!) || hashes.isRight(jobs[at]!, bytesOf(jobs, at))

  const write = async (jobs: Jobs, places: ReadonlyArray<number>, reply: Array<boolean | Fault>): Promise<Reply> => {
    const right = places.map((_, index) => index).filter((index) => reply[index] === true)
    if (right.length === 0) return reply
    journal.begin(right.map((index) => jobs[places[index]!]!))
    const touched = new Set<number>()
    let current = -1
    /** Writes to the current file that have not returned. */
    const writes: Array<Promise<void>> = []
    const leave = async (): Promise<void> => {
      if (writes.length > 0) await Promise.all(writes.splice(0))
      if (current >= 0) files.leave(current)
      current = -1
    }
    const enter = (file: number): void => {
      touched.add(file)
      if (!files.enter(file)) journal.changed(file)
      current = file
    }
    const put = async (index: number): Promise<void> => {
      const at = places[index]!
      const bytes = bytesOf(jobs, at)
      for (let span = at + 4; span < at + 4 + jobs[at + 3]! * 4; span += 4) {
        const file = jobs[span]!
        const from = jobs[span + 2]!
        const part = bytes.subarray(from, from + jobs[span + 3]!)
        if (file !== current) {
          await leave()
          enter(file)
        }
        journal.beat()
        if (part.length < elsewhere) files.write(file, jobs[span + 1]!, part)
        else writes.push(files.writeElsewhere(file, jobs[span + 1]!, part).catch((error) => fail(index, error)))
      }
    }
    const fail = (index: number, error: unknown): void => {
      reply[index] = faultOf(error)
    }
    for (const index of right) await put(index).catch((error) => fail(index, error))
    await leave()
    const failed = right.filter((index) => reply[index] !== true).map((index) => jobs[places[index]!]!)
    journal.end(failed, touched)
    return reply
  }

  const bytesOf = (jobs: Jobs, at: number): Uint8Array => new Uint8Array(layout.buffers, jobs[at + 2], jobs[at + 1])

  const attempt = (step: () => boolean): boolean | Fault => {
    try {
      return step()
    } catch (error) {
      return faultOf(error)
    }
  }

  /** Only its fields: what crosses threads is data. */
  const faultOf = (error: unknown): Fault => {
    const { operation = "write", path = layout.folder, code = "", message } = error as Error & Partial<Fault>
    return { operation, path, code, message }
  }

  return { run, idle: () => last, close }
}

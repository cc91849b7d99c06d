/**
 * Pieces on top of files: checked against their hashes, and written only when these are right.
 *
 * Like `openFiles` it reaches a worker as text, so it refers to nothing outside itself but types.
 */
import type * as Crypto from "node:crypto"
import type { DiskFiles } from "./diskFiles.ts"
import type { Fault, Jobs, Layout, Reply, Request, Step } from "./Disk.ts"
import type { PieceHashes } from "./pieceHashes.ts"
import type { PieceJournal } from "./pieceJournal.ts"

export interface PieceJobs {
  /** Answers a request when all earlier ones are answered; whatever goes wrong with one piece or file is its answer. */
  readonly run: (request: Request) => Promise<Reply>
  /** When everything that was asked for so far is done. */
  readonly idle: () => Promise<unknown>
  /** Whether a file is open to be written to. */
  readonly isWriting: () => boolean
  /** Closes what is open, when all that was asked for before is done; what is asked for later is refused. */
  readonly close: () => Promise<void>
}

export const pieceJobs = (
  crypto: typeof Crypto,
  layout: Layout,
  hashes: PieceHashes,
  { bring, descriptors, files, missing, moves, places }: DiskFiles,
  journal: PieceJournal,
): PieceJobs => {
  /** Of padding, where there is any. */
  let zeros = new Uint8Array(0)
  let last: Promise<unknown> = Promise.resolve()
  let closed = false

  const run = (request: Request): Promise<Reply> => {
    // A file that is opened now would stay open for ever.
    if (closed) return Promise.resolve([faultOf({ code: "ECLOSED", message: "the disk was closed" })])
    const step = begin(request)
    const reply = last.then(step).catch((error: unknown) => [faultOf(error)])
    last = reply
    return reply
  }

  const close = async (): Promise<void> => {
    closed = true
    await last
    try {
      journal.close()
    } finally {
      descriptors.close()
    }
  }

  /** Does what needs no file, and returns the rest. */
  const begin = (request: Request): (() => Reply) => {
    switch (request.kind) {
      case "folders":
      case "make":
      case "adopt":
      case "renew":
      case "trim":
      case "single":
      case "finish":
        return () => [attempt(() => step(request.kind, request.files))]
      case "bring":
        return () => [
          attempt(() => {
            bring(request.file, request.parts)
            return true
          }),
        ]
      case "hollow":
        return () => [attempt(() => moves.isHollow(request.file, request.start, request.length))]
      case "inspect":
        return () => request.files.map((file) => attempt(() => files.inspect(file)))
      case "check":
        return () => jobsIn(request.jobs).map((at) => attempt(() => check(request.jobs, at)))
      case "write": {
        const starts = jobsIn(request.jobs)
        const right = starts.map((at) => isRight(request.jobs, at, request.verified))
        return () => write(request.jobs, starts, right)
      }
    }
  }

  const jobsIn = (jobs: Jobs): Array<number> => {
    const starts: Array<number> = []
    for (let at = 0; at < jobs.length; at += 4 + jobs[at + 3]! * 4) starts.push(at)
    return starts
  }

  const step = (kind: Step, list: ReadonlyArray<number>): boolean => {
    for (const file of list) {
      moves.take(kind, file)
      // Its stamp is another one under its new name.
      if (kind === "finish") journal.end([], [file])
    }
    return true
  }

  const check = (jobs: Jobs, at: number): boolean => {
    const hash = crypto.createHash("sha1")
    for (let span = at + 4; span < at + 4 + jobs[at + 3]! * 4; span += 4) {
      const file = jobs[span]!
      const start = jobs[span + 1]!
      const length = jobs[span + 3]!
      for (let done = 0; done < length;) {
        if (file < 0 && zeros.length === 0) zeros = new Uint8Array(65_536)
        const bytes = (file < 0 ? zeros : files.read(file, start + done, length - done)).subarray(0, length - done)
        if (bytes.length === 0) return false
        hash.update(bytes)
        done += bytes.length
      }
    }
    return hashes.isHash(jobs[at]!, hash.digest())
  }

  const isRight = (jobs: Jobs, at: number, verified: ReadonlyArray<number>): boolean =>
    verified.includes(jobs[at]!) || hashes.isRight(jobs[at]!, bytesOf(jobs, at))

  const write = (jobs: Jobs, starts: ReadonlyArray<number>, reply: Array<boolean | Fault>): Reply => {
    const fail = (index: number, error: unknown): void => {
      reply[index] = faultOf(error)
    }
    const isGood = (index: number): boolean => reply[index] === true
    /** What may be there already is compared before anything is written, or said to be. */
    const kept = new Set<number>()
    const compare = (index: number): void => {
      for (const span of spansOf(jobs, starts[index]!)) {
        if (!moves.isKept(jobs[span]!)) continue
        if (moves.keeps(jobs[span]!, jobs[span + 1]!, partOf(jobs, starts[index]!, span))) kept.add(span)
      }
    }
    for (const index of starts.keys()) if (isGood(index)) attemptEach([index], compare, (error) => fail(index, error))
    const right = [...starts.keys()].filter(isGood)
    if (right.length === 0) return reply
    journal.begin(right.map((index) => jobs[starts[index]!]!))
    const touched = new Set<number>()
    const fresh = new Set<number>()
    let current = -1
    const leave = (): void => {
      if (current >= 0) files.leave(current)
      current = -1
    }
    const enter = (file: number): void => {
      touched.add(file)
      const how = files.enter(file)
      if (how === "changed") journal.changed(file)
      if (how === "made") fresh.add(file)
      current = file
    }
    const put = (index: number): void => {
      for (const span of spansOf(jobs, starts[index]!)) {
        if (kept.has(span)) continue
        const file = jobs[span]!
        const part = partOf(jobs, starts[index]!, span)
        if (file !== current) {
          leave()
          enter(file)
        }
        journal.beat()
        files.write(file, jobs[span + 1]!, part)
      }
    }
    /** Of this file nothing is missing any more. One that somebody else has changed has to be read again before. */
    const finish = (file: number): void => {
      if (!places.is(file, "part") || !files.inspect(file)) return
      moves.take("finish", file)
      touched.add(file)
    }
    for (const index of right) attemptEach([index], put, (error) => fail(index, error))
    leave()
    const filesOf = (index: number) => spansOf(jobs, starts[index]!).map((span) => jobs[span]!)
    for (const index of right) {
      if (!isGood(index)) continue
      const inIt = filesOf(index)
      for (const file of inIt) fresh.delete(file)
      attemptEach(missing.store(jobs[starts[index]!]!, inIt), finish, (error) => fail(index, error))
    }
    const failed = right.filter((index) => !isGood(index))
    // What was made for them holds nothing, and a full disk does not let the record say that it is ours.
    for (const index of failed) for (const file of filesOf(index)) if (fresh.delete(file)) moves.discard(file)
    journal.end(
      failed.map((index) => jobs[starts[index]!]!),
      touched,
    )
    return reply
  }

  /** Where the spans of the piece at this place are. */
  const spansOf = (jobs: Jobs, at: number): ReadonlyArray<number> =>
    Array.from({ length: jobs[at + 3]! }, (_, index) => at + 4 + index * 4)

  const partOf = (jobs: Jobs, at: number, span: number): Uint8Array =>
    new Uint8Array(layout.buffers, jobs[at + 2]! + jobs[span + 2]!, jobs[span + 3])

  const bytesOf = (jobs: Jobs, at: number): Uint8Array => new Uint8Array(layout.buffers, jobs[at + 2], jobs[at + 1])

  const attempt = (step: () => boolean): boolean | Fault => {
    try {
      return step()
    } catch (error) {
      return faultOf(error)
    }
  }

  const attemptEach = <A>(all: ReadonlyArray<A>, step: (one: A) => void, failed: (error: unknown) => void): void => {
    for (const one of all) {
      try {
        step(one)
      } catch (error) {
        failed(error)
      }
    }
  }

  /** Only its fields: what crosses threads is data. */
  const faultOf = (error: unknown): Fault => {
    const { operation = "write", path = layout.folder, code = "", message, size } = error as Error & Partial<Fault>
    return { operation, path, code, message, size }
  }

  return { run, idle: () => last, isWriting: () => descriptors.isWriting(), close }
}

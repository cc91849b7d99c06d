/**
 * Pieces on top of files: checked against their hashes, and written only when these are right. Synchronous.
 *
 * Like `openFiles` it reaches a worker as text, so it refers to nothing outside itself but types.
 */
import type * as Crypto from "node:crypto"
import type { Fault, Jobs, Layout, Reply, Request } from "./Disk.ts"
import type { OpenFiles } from "./openFiles.ts"
import type { PieceJournal } from "./pieceJournal.ts"

/** Answers a request; whatever goes wrong with one piece or file is its answer. */
export const pieceJobs = (
  crypto: typeof Crypto,
  layout: Layout,
  files: OpenFiles,
  journal: PieceJournal,
): ((request: Request) => Reply) => {
  const zeros = new Uint8Array(65_536)

  const run = (request: Request): Reply => {
    switch (request.kind) {
      case "prepare":
        return [attempt(() => prepare(request.files))]
      case "inspect":
        return request.files.map((file) => attempt(() => files.inspect(file)))
      case "check":
        return jobsIn(request.jobs).map((at) => attempt(() => check(request.jobs, at)))
      case "write":
        return write(request.jobs, request.verified)
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
    return isHash(jobs[at]!, hash.digest())
  }

  /** First all hashes, then all writes, so that what is announced to the journal is then written without delay. */
  const write = (jobs: Jobs, verified: ReadonlyArray<number>): Reply => {
    const places = jobsIn(jobs)
    const reply: Array<boolean | Fault> = places.map(
      (at) => verified.includes(jobs[at]!) || isHash(jobs[at]!, crypto.hash("sha1", bytesOf(jobs, at), "buffer")),
    )
    const right = places.map((_, index) => index).filter((index) => reply[index] === true)
    if (right.length === 0) return reply
    journal.begin(right.map((index) => jobs[places[index]!]!))
    const touched = new Set<number>()
    let current = -1
    const leave = (): void => {
      if (current >= 0) files.leave(current)
      current = -1
    }
    const go = (file: number): void => {
      leave()
      touched.add(file)
      if (!files.enter(file)) journal.changed(file)
      current = file
    }
    const put = (at: number): boolean => {
      const bytes = bytesOf(jobs, at)
      for (let span = at + 4; span < at + 4 + jobs[at + 3]! * 4; span += 4) {
        if (jobs[span] !== current) go(jobs[span]!)
        journal.beat()
        const from = jobs[span + 2]!
        files.write(current, jobs[span + 1]!, bytes.subarray(from, from + jobs[span + 3]!))
      }
      return true
    }
    for (const index of right) reply[index] = attempt(() => put(places[index]!))
    leave()
    const failed = right.filter((index) => reply[index] !== true).map((index) => jobs[places[index]!]!)
    journal.end(failed, touched)
    return reply
  }

  const bytesOf = (jobs: Jobs, at: number): Uint8Array => new Uint8Array(layout.buffers, jobs[at + 2], jobs[at + 1])

  const isHash = (piece: number, digest: Uint8Array): boolean => {
    for (let i = 0; i < 20; i++) if (digest[i] !== layout.hashes[piece * 20 + i]) return false
    return true
  }

  const attempt = (step: () => boolean): boolean | Fault => {
    try {
      return step()
    } catch (error) {
      // Only its fields: what crosses threads is data.
      const { operation = "write", path = layout.folder, code = "", message } = error as Error & Partial<Fault>
      return { operation, path, code, message }
    }
  }

  return run
}

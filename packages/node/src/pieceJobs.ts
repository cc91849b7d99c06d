/**
 * Pieces on top of files: checked against their hashes, and written only when these are right. Synchronous.
 *
 * Like `openFiles` it reaches a worker as text, so it refers to nothing outside itself but types.
 */
import type * as Crypto from "node:crypto"
import type { Fault, Jobs, Layout, Reply, Request } from "./Disk.ts"
import type { OpenFiles } from "./openFiles.ts"

/** Answers a request; whatever goes wrong with one piece is that piece's answer. */
export const pieceJobs = (crypto: typeof Crypto, layout: Layout, files: OpenFiles): ((request: Request) => Reply) => {
  const zeros = new Uint8Array(65_536)

  const run = (request: Request): Reply => {
    if (request.kind === "prepare") return [attempt(() => prepare(request.files))]
    const step = request.kind === "check" ? check : write
    const reply: Array<boolean | Fault> = []
    for (let at = 0; at < request.jobs.length; at += 4 + request.jobs[at + 3]! * 4) {
      reply.push(attempt(() => step(request.jobs, at)))
    }
    return reply
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

  const write = (jobs: Jobs, at: number): boolean => {
    const bytes = new Uint8Array(layout.buffers, jobs[at + 2], jobs[at + 1])
    if (!isHash(jobs[at]!, crypto.hash("sha1", bytes, "buffer"))) return false
    for (let span = at + 4; span < at + 4 + jobs[at + 3]! * 4; span += 4) {
      const from = jobs[span + 2]!
      files.write(jobs[span]!, jobs[span + 1]!, bytes.subarray(from, from + jobs[span + 3]!))
    }
    return true
  }

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

/** How it stands with the torrents of one command, and what all of them together fetch and give: plain, and counted as it happens. */
import { codeOf, ExitCode, worse } from "../ExitCode.ts"

/** Where a torrent is on its way: `later` it is tried again. */
export type Stage = "waiting" | "running" | "seeding" | "later" | "done" | "failed"

/** A failure, as it is told again at the end. */
export interface Failed {
  /** Of a list or a folder that names no torrent there is none. */
  readonly name: string | undefined
  readonly why: string
}

/** So many failures are told again by name. */
export const mostFailed = 20

/** The mean of the rates is over so many seconds. */
const window = 5

/** Bytes by the second in which they went; no older than the window. */
class Flow {
  readonly #seconds: Array<number> = Array.from({ length: window }, () => 0)
  #last = -Infinity
  #began: number | undefined

  add(bytes: number, now: number): void {
    this.#began ??= now
    this.#forget(now)
    this.#seconds[this.#last % window]! += bytes
  }

  /** Bytes a second. */
  rate(now: number): number {
    this.#forget(now)
    // The second that is running is no whole one, and what came first was not there before.
    const seconds = Math.min(window - 1 + (now % 1000) / 1000, (now - (this.#began ?? now)) / 1000)
    return this.#seconds.reduce((sum, bytes) => sum + bytes, 0) / Math.max(1, seconds)
  }

  #forget(now: number): void {
    const second = Math.floor(now / 1000)
    const gone = Math.min(window, second - this.#last)
    for (let i = 0; i < gone; i++) this.#seconds[(second - i) % window] = 0
    if (gone > 0) this.#last = second
  }
}

export class Tally {
  readonly #stages: Record<Stage, number> = { waiting: 0, running: 0, seeding: 0, later: 0, done: 0, failed: 0 }
  /** Of each the last one. */
  readonly #failures = new Map<string, Failed>()
  readonly down = new Flow()
  readonly up = new Flow()
  /** Bytes that were fetched and are right, and bytes that were given. */
  fetched = 0
  given = 0
  /** The exit code of the worst. */
  code: number = ExitCode.done

  /** So many were named, and what they are is not known yet: of some it will be that they are there already. */
  unread = 0

  /** How many torrents are at a stage; that wait, read or not. */
  at(stage: Stage): number {
    return this.#stages[stage] + (stage === "waiting" ? this.unread : 0)
  }

  /** How many there are. */
  get all(): number {
    return Object.values(this.#stages).reduce((sum, count) => sum + count, this.unread)
  }

  /** One more, one less, or one that was somewhere else before. */
  move(from: Stage | undefined, to: Stage | undefined): void {
    if (from !== undefined) this.#stages[from]--
    if (to !== undefined) this.#stages[to]++
  }

  /** What is known by this key has failed. */
  fail(key: string, name: string | undefined, error: { readonly message: string }): void {
    if (this.#failures.size < mostFailed || this.#failures.has(key)) {
      this.#failures.set(key, { name, why: error.message })
    }
    this.code = worse(this.code, codeOf(error))
  }

  /** It has not any more. */
  forgive(key: string): void {
    this.#failures.delete(key)
  }

  get failures(): ReadonlyArray<Failed> {
    return [...this.#failures.values()]
  }
}

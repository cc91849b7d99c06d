/**
 * How many requests a peer is kept busy with: it opens quickly like a TCP slow start, then follows what the peer delivers.
 *
 * A window that is too small starves a fast peer; one that is too large makes a slow peer's blocks unavailable to others, and some clients drop what exceeds their queue.
 */
import { Geometry } from "@unchoke/protocol"

/**
 * So many seconds of the peer's rate are kept under way: more than any round trip. Others keep 3 (libtorrent, transmission), but what is under way from a seed is what others ask it for as well,
 * because they cannot know: in a swarm each second costs 3 % of the seed's upload.
 */
const secondsAhead = 1.5

/** At least so many requests, or a slow peer would idle between a block and the next request. */
const fewest = 2

/** At most so many of who answers at once, 8 MiB under way: more would only grow cold in the caches. */
const most = 500

/** At most so many of who is far away, 31 MiB under way: two thirds of the memory that pieces are put together in. */
const mostOfAll = 2000

/** Milliseconds in which `most` are enough for 320 MiB/s; in as many more, as many more may be under way. */
const near = 25

/**
 * The first window; twice as many after each of its blocks has arrived. TCP opens no faster, and in a young swarm what is asked for at the beginning is all that a seed has to give for long: with 16 it sent a fifth of the
 * torrent twice, since nobody knows what others have asked it for.
 */
const first = 4

/** What clients take that do not say (BEP 10 `reqq`). */
const assumedQueue = 250

/** How long the rate is measured, in milliseconds. */
const interval = 1000

export class RequestWindow {
  #size = first
  #measuredSince: number
  #blocks = 0
  #rate = 0
  #slowStart = true
  /** When it was asked that owed nothing, until it answers. */
  #askedAt: number | undefined
  /** Its quickest answer to that, in milliseconds: never less than a round trip. */
  #answersIn = Infinity

  constructor(now: number) {
    this.#measuredSince = now
  }

  /** How many requests may be outstanding, given the queue that the peer says it keeps. */
  size(peersQueue: number | undefined): number {
    return Math.max(1, Math.min(this.#size, this.#most, peersQueue ?? assumedQueue))
  }

  /** Bytes a second, over the last second that was measured. */
  get rate(): number {
    return this.#rate
  }

  /** The peer refused a request: its queue is shorter than it said. */
  refused(): void {
    this.#slowStart = false
    this.#size = Math.max(fewest, this.#size >>> 1)
  }

  /** The peer, which owed nothing, was asked at `now` (milliseconds). */
  asked(now: number): void {
    this.#askedAt = now
  }

  /** So many blocks arrived by `now` (milliseconds). */
  arrived(blocks: number, now: number): void {
    this.#blocks += blocks
    if (this.#askedAt !== undefined) this.#answersIn = Math.min(this.#answersIn, now - this.#askedAt)
    this.#askedAt = undefined
    const most = this.#most
    if (this.#slowStart) this.#size = Math.min(most, this.#size + blocks)
    const elapsed = now - this.#measuredSince
    if (elapsed < interval) return
    const rate = (this.#blocks * Geometry.blockSize * 1000) / elapsed
    if (rate < this.#rate * 1.1) this.#slowStart = false
    this.#rate = rate
    this.#blocks = 0
    this.#measuredSince = now
    const target = Math.ceil((rate * secondsAhead) / Geometry.blockSize)
    this.#size = Math.max(fewest, Math.min(most, this.#slowStart ? Math.max(this.#size, target) : target))
  }

  get #most(): number {
    if (this.#answersIn === Infinity) return most
    return Math.min(mostOfAll, Math.max(most, Math.round((most * this.#answersIn) / near)))
  }
}

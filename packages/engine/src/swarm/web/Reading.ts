/**
 * Files of a web seed, read by one lane, a part of one after the other.
 *
 * An answer that holds the whole file stays open when a part of it was read: what comes behind is the next part, if that is wanted. Invariants: at most one answer is open; what is read is looked at before more is; nothing
 * that was taken in is forgotten when the lane is interrupted.
 */
import { Geometry, type Metainfo } from "@unchoke/protocol"
import { Effect, Exit, Scope } from "effect"
import type { WebProblem } from "../../sources/web/WebProblem.ts"
import type { Body, Lane } from "../../sources/web/WebServer.ts"
import type { Gate } from "../Gate.ts"

type TorrentFile = Metainfo.TorrentFile

export interface ReadingOptions {
  readonly lane: Lane
  readonly urlOf: (file: TorrentFile) => string
  readonly inlet: Pick<Gate, "take"> | undefined
  /** So many bytes were taken that nobody wants, on the way to those that somebody does. */
  readonly skipped: (bytes: number) => void
  /** An answer has begun, before any of it is read: fails when it is of no use. */
  readonly opened: (part: Part, isWhole: boolean) => Effect.Effect<void, WebProblem>
}

/** So many bytes of a file from there on. */
export interface Part {
  readonly file: TorrentFile
  readonly within: number
  readonly length: number
}

interface Open {
  readonly file: TorrentFile
  readonly body: Body
  readonly scope: Scope.Closeable
  /** Of the next byte in the file. */
  position: number
  /** What was read and not looked at yet. */
  rest: Uint8Array
}

export class Reading {
  readonly #options: ReadingOptions
  #open: Open | undefined

  constructor(options: ReadingOptions) {
    this.#options = options
  }

  /** Hangs up on an answer that is half-way through. */
  readonly close: Effect.Effect<void> = Effect.suspend(() => {
    const open = this.#open
    this.#open = undefined
    return open === undefined ? Effect.void : Scope.close(open.scope, Exit.void)
  })

  /** Lets others ask. */
  get rest(): Effect.Effect<void> {
    return Effect.andThen(this.close, this.#options.lane.rest)
  }

  /** Reads a part; `take` is given its bytes as they come, which are borrowed until the effect that it returns has ended. That one is not interrupted. */
  readonly read = Effect.fnUntraced(
    { self: this },
    function* (part: Part, take: (bytes: Uint8Array) => Effect.Effect<void>): Effect.fn.Return<void, WebProblem> {
      let left = part.length
      const isMissing = () => left > 0
      // A server may answer with less than it was asked for.
      while (isMissing()) left -= yield* this.#readAnswer(rest(part, left), take)
    },
  )

  /** Reads what one answer has of a part; how many bytes that was. */
  readonly #readAnswer = Effect.fnUntraced(
    { self: this },
    function* (part: Part, take: (bytes: Uint8Array) => Effect.Effect<void>): Effect.fn.Return<number, WebProblem> {
      const { within } = part
      const open = yield* this.#openAt(part)
      const length = Math.min(part.length, open.body.end - within)
      let left = length
      const look = (bytes: Uint8Array | undefined): Effect.Effect<void, WebProblem> => {
        if (bytes === undefined) return Effect.fail(cutShort(open))
        const skipped = Math.min(bytes.length, Math.max(0, within - open.position))
        if (skipped > 0) this.#options.skipped(skipped)
        const end = Math.min(bytes.length, skipped + left)
        left -= end - skipped
        open.position += end
        open.rest = open.rest.subarray(end)
        return end > skipped ? take(bytes.subarray(skipped, end)) : Effect.void
      }
      const step = Effect.uninterruptibleMask((restore) => Effect.flatMap(restore(this.#next(open)), look))
      const isMissing = () => left > 0
      while (isMissing()) yield* step
      if (!open.body.isWhole) yield* this.close
      return length
    },
  )

  /** What is to be looked at next: `rest` begins with it. Where there is a limit, only so much at once that others get their turn, and that it is not waited for too long. */
  #next(open: Open): Effect.Effect<Uint8Array | undefined, WebProblem> {
    const { inlet } = this.#options
    return Effect.suspend(() => {
      const here = open.rest.length > 0 ? Effect.succeed(open.rest) : open.body.part
      return Effect.flatMap(here, (bytes) => {
        if (bytes === undefined) return Effect.undefined
        open.rest = bytes
        if (inlet === undefined) return Effect.succeed(bytes)
        const few = bytes.subarray(0, Geometry.blockSize)
        return Effect.as(inlet.take(few.length), few)
      })
    })
  }

  readonly #openAt = Effect.fnUntraced({ self: this }, function* (part: Part): Effect.fn.Return<Open, WebProblem> {
    const { file, length, within } = part
    const before = this.#open
    if (before?.file === file && before.body.isWhole && before.position <= within) return before
    yield* this.close
    const { lane, opened, urlOf } = this.#options
    const scope = yield* Scope.make()
    const body = yield* lane
      .fetch({ url: urlOf(file), first: within, last: within + length - 1, length: file.length })
      .pipe(
        Scope.provide(scope),
        Effect.onError(() => Scope.close(scope, Exit.void)),
      )
    const open = (this.#open = { file, body, scope, position: body.offset, rest: new Uint8Array() })
    yield* opened(part, body.isWhole)
    return open
  })
}

const rest = ({ file, length, within }: Part, left: number): Part => ({
  file,
  within: within + length - left,
  length: left,
})

const cutShort = ({ body, position }: Open): WebProblem => ({
  _tag: "CutShort",
  wanted: body.end - body.offset,
  got: position - body.offset,
})

/**
 * A socket that stands before it is known how its bytes go. With its first use a `Way` is looked for; meanwhile reads wait, and writes are kept, or go out in plain words as well.
 *
 * Invariants: the way is looked for once, and does not change; once it is known, a read or a write costs one look at it.
 */
import { Deferred, Effect, Latch, Scope } from "effect"
import type { NonEmptyReadonlyArray } from "effect/Array"
import { Socket } from "effect/socket"
import type { Connection } from "../connect.ts"
import { Said } from "./Said.ts"
import { bytesOf, joined, type Way } from "./Way.ts"

export interface Search {
  /** The connection that stands. */
  readonly near: Way
  /** Whether what is written meanwhile goes there, as it is; otherwise it waits until it is taken, or the way is known. */
  readonly speaksPlainly: boolean
  readonly find: (said: Said) => Effect.Effect<Way, Socket.SocketError, Scope.Scope>
}

/** A socket over what `connect` opens; its `reader` can be acquired again, if that can. */
export const socket = (connect: Effect.Effect<Search, Socket.SocketError, Scope.Scope>): Socket.Socket => {
  let current: Line | undefined
  const opened = Latch.makeUnsafe(false)
  const reader: Socket.Socket["reader"] = Effect.gen(function* () {
    const line = new Line(yield* connect, yield* Effect.scope)
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        current = line
        opened.openUnsafe()
      }),
      () =>
        Effect.sync(() => {
          if (current !== line) return
          current = undefined
          opened.closeUnsafe()
        }),
    )
    return { pull: line.pull, upgrade: Socket.SocketUpgradeError.unsupported }
  })
  /** A write without a connection waits for one. */
  const whenOpen = (
    use: (line: Line) => Effect.Effect<void, Socket.SocketError>,
  ): Effect.Effect<void, Socket.SocketError> =>
    Effect.suspend(() => (current === undefined ? opened.whenOpen(whenOpen(use)) : use(current)))
  const writer: Socket.Socket["writer"] = Effect.acquireRelease(
    Effect.succeed<Socket.Writer>({
      write: (chunk) => whenOpen((line) => line.write(chunk)),
      writeAll: (chunks) => whenOpen((line) => line.writeAll(chunks)),
    }),
    () => Effect.suspend(() => current?.endWriting ?? Effect.void),
  )
  return Socket.make({ reader, writer })
}

class Line {
  /** `undefined` once the way is known: who stays for hours keeps nothing of what was looked for. */
  #search: Search | undefined
  #said: Said | undefined = new Said()
  readonly #scope: Scope.Scope
  readonly #found = Deferred.makeUnsafe<Way, Socket.SocketError>()
  #isSearching = false
  #hasEnded = false
  #way: Way | undefined
  #first: NonEmptyReadonlyArray<Uint8Array> | undefined

  constructor(search: Search, scope: Scope.Scope) {
    this.#search = search
    this.#scope = scope
  }

  readonly pull: Connection["pull"] = Effect.suspend(() => {
    if (this.#way === undefined) return Effect.andThen(this.#open, this.pull)
    if (this.#first === undefined) return this.#way.pull
    const first = this.#first
    this.#first = undefined
    return Effect.succeed(first)
  })

  write(chunk: Uint8Array | string | Socket.CloseEvent): Effect.Effect<void, Socket.SocketError> {
    if (Socket.isCloseEvent(chunk)) return (this.#way ?? this.#search!.near).writer.write(chunk)
    return this.#way === undefined
      ? this.#early(bytesOf(chunk), ({ writer }) => writer.write(chunk))
      : this.#way.writer.write(chunk)
  }

  writeAll(chunks: NonEmptyReadonlyArray<Uint8Array | string>): Effect.Effect<void, Socket.SocketError> {
    return this.#way === undefined
      ? this.#early(joined(chunks), ({ writer }) => writer.writeAll(chunks))
      : this.#way.writer.writeAll(chunks)
  }

  /** Says that no more will be sent; while the way is looked for, as soon as it is known. */
  get endWriting(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.#hasEnded = true
      if (this.#way !== undefined) return this.#way.endWriting
      return this.#search!.speaksPlainly ? this.#search!.near.endWriting : Effect.void
    })
  }

  #early(
    bytes: Uint8Array,
    write: (way: Way) => Effect.Effect<void, Socket.SocketError>,
  ): Effect.Effect<void, Socket.SocketError> {
    const { near, speaksPlainly } = this.#search!
    const kept = this.#said!.keep(bytes)
    if (kept === "taken" || (kept === "too much" && !speaksPlainly)) {
      return Effect.flatMap(Effect.mapError(this.#open, writeFailed), write)
    }
    if (!speaksPlainly) return this.#begin
    if (kept === "too much") this.#said!.lose()
    // What becomes of words that can be said again, reading tells.
    const isFinal = kept === "too much" || this.#hasEnded
    return Effect.andThen(this.#begin, isFinal ? write(near) : Effect.ignore(write(near)))
  }

  get #begin(): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.#isSearching) return Effect.void
      this.#isSearching = true
      return Effect.asVoid(Effect.forkIn(this.#find, this.#scope))
    })
  }

  get #open(): Effect.Effect<Way, Socket.SocketError> {
    return Effect.andThen(this.#begin, Deferred.await(this.#found))
  }

  get #find(): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const search = this.#search!
      const said = this.#said!
      const { first, ...way } = yield* search.find(said)
      // Whoever was called has said nothing of its own yet.
      const words = search.speaksPlainly ? undefined : said.take()
      if (words !== undefined && words.length > 0) yield* way.writer.write(words)
      this.#way = way
      this.#first = first
      this.#search = this.#said = undefined
      if (this.#hasEnded) yield* way.endWriting
      return way
    }).pipe(
      Effect.provideService(Scope.Scope, this.#scope),
      Effect.onInterrupt(() => Deferred.fail(this.#found, closed)),
      Effect.exit,
      Effect.flatMap((exit) => Deferred.done(this.#found, exit)),
      Effect.asVoid,
    )
  }
}

const closed = new Socket.SocketError({ reason: new Socket.SocketCloseError({ code: 1006 }) })

/** Why something could not be written: what kept us from hearing how. */
const writeFailed = (error: Socket.SocketError): Socket.SocketError =>
  new Socket.SocketError({
    reason: new Socket.SocketWriteError({ cause: "cause" in error.reason ? error.reason.cause : error }),
  })

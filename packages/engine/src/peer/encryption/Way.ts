/** A connection of which it is known how its bytes go: as they are, or enciphered. */
import { type Encryption, Utf8 } from "@unchoke/protocol"
import { Bytes, Effect, Exit, Scope, Semaphore } from "effect"
import type { NonEmptyReadonlyArray } from "effect/Array"
import { Socket } from "effect/socket"
import type { Connection } from "../connect.ts"
import { Sheets } from "./Sheets.ts"

type Chunk = Uint8Array | string

export interface Way extends Connection {
  /** What has been read already. */
  readonly first?: NonEmptyReadonlyArray<Uint8Array> | undefined
  /** Says that no more will be sent. */
  readonly endWriting: Effect.Effect<void>
}

/** Opens a socket; it is closed with the scope. */
export const open = Effect.fnUntraced(function* (
  socket: Socket.Socket,
): Effect.fn.Return<Way, Socket.SocketError, Scope.Scope> {
  const pull = yield* Socket.readerBytes(socket)
  const writing = yield* Scope.fork(yield* Effect.scope)
  const writer = yield* Scope.provide(socket.writer, writing)
  return { pull, writer, endWriting: Scope.close(writing, Exit.void) }
})

/** What both sides have agreed upon, over the connection on which they did. */
export const enciphered = (way: Way, { incoming, outgoing, rest }: Encryption.Agreed): Way => ({
  pull: incoming === undefined ? way.pull : Effect.map(way.pull, decipher(incoming)),
  writer: outgoing === undefined ? way.writer : enciphering(way.writer, outgoing),
  first: rest.length > 0 ? [rest] : undefined,
  endWriting: way.endWriting,
})

/** Where it is: a chunk is ours until the next pull. */
const decipher = (cipher: Encryption.Rc4.Cipher) => (chunks: NonEmptyReadonlyArray<Uint8Array>) => {
  for (const chunk of chunks) cipher.apply(chunk)
  return chunks
}

/**
 * What is written belongs to the caller, so it is enciphered into memory of our own. Bytes must leave in the order in which they were enciphered: one write after the other. None that is waited for gets ahead of those
 * before it on a plain connection either.
 */
const enciphering = ({ write, writeAll }: Socket.Writer, cipher: Encryption.Rc4.Cipher): Socket.Writer => {
  const turn = Semaphore.makeUnsafe(1)
  return {
    write: (chunk) =>
      Socket.isCloseEvent(chunk)
        ? write(chunk)
        : Effect.suspend(() => {
            const bytes = bytesOf(chunk)
            const sheet = new Uint8Array(bytes.length)
            cipher.apply(bytes, sheet)
            return write(sheet)
          }).pipe(turn.withPermit),
    writeAll: (chunks) =>
      Effect.suspend(() => {
        const parts = chunks.map(bytesOf)
        const sheet = Sheets.take(parts.reduce((sum, part) => sum + part.length, 0))
        let at = 0
        for (const part of parts) cipher.apply(part, sheet.subarray(at, (at += part.length)))
        // From then on it may change. Who interrupts a write does not know.
        return Effect.tap(writeAll([sheet.subarray(0, at)]), () => Effect.sync(() => Sheets.giveBack(sheet)))
      }).pipe(turn.withPermit),
  }
}

export const bytesOf = (chunk: Chunk): Uint8Array => (typeof chunk === "string" ? Utf8.fromText(chunk) : chunk)

/** The chunks as one. */
export const joined = (chunks: ReadonlyArray<Chunk>): Uint8Array =>
  chunks.length === 1 ? bytesOf(chunks[0]!) : Bytes.concat(chunks.map(bytesOf))

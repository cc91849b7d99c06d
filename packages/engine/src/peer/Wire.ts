/**
 * The wire protocol as a Schema-decoded stream: bytes in, messages out.
 *
 * One pure step per socket read: cut into frames, decode each with the Schema of `PeerMessage`. Invariants: however the bytes are cut into reads, the messages are
 * the same; the good messages before a bad one are delivered before the stream fails. Blocks are borrowed from the socket: valid until the next pull.
 */
import { Frames, PeerMessage } from "@unchoke/protocol"
import { Array, Effect, type Pull, Result, SchemaParser, Stream } from "effect"

/** A frame that is longer than its kind may be, or that its Schema refuses. Nothing can be read after it. */
export interface BadFrame {
  readonly _tag: "BadFrame"
  readonly rule: "malformed message" | "message too long"
  readonly detail: string
}

/** The messages in a stream of bytes, for a torrent of so many pieces: each pull as many as came together, and at least one. */
export const messages =
  (pieces: number) =>
  <E>(bytes: Stream.Stream<Uint8Array, E>): Stream.Stream<PeerMessage.PeerMessage, E | BadFrame> =>
    Stream.transformPull(bytes, (pull) =>
      Effect.sync(() => {
        const frames = new Frames.Frames(pieces)
        let bad: BadFrame | undefined
        const next: Messages<E> = Effect.suspend(() => (bad === undefined ? more : Effect.fail(bad)))
        const more: Messages<E> = Effect.flatMap(pull, (chunks) => {
          const out: globalThis.Array<PeerMessage.PeerMessage> = []
          frames.reclaim()
          for (let i = 0; i < chunks.length && bad === undefined; i++) bad = read(frames, chunks[i]!, out)
          return Array.isReadonlyArrayNonEmpty(out) ? Effect.succeed(out) : next
        })
        return next
      }),
    )

type Messages<E> = Pull.Pull<Array.NonEmptyReadonlyArray<PeerMessage.PeerMessage>, E | BadFrame>

const read = (
  frames: Frames.Frames,
  chunk: Uint8Array,
  out: globalThis.Array<PeerMessage.PeerMessage>,
): BadFrame | undefined => {
  const cut: globalThis.Array<Uint8Array> = []
  const tooLong = frames.push(chunk, cut)
  for (let i = 0; i < cut.length; i++) {
    const message = decode(cut[i]!)
    if (Result.isFailure(message))
      return { _tag: "BadFrame", rule: "malformed message", detail: message.failure.toString() }
    out.push(message.success)
  }
  return (
    tooLong && {
      _tag: "BadFrame",
      rule: "message too long",
      detail: `${tooLong.length} bytes, at most ${tooLong.limit}`,
    }
  )
}

const decode = SchemaParser.decodeUnknownResult(PeerMessage.FromFrame)

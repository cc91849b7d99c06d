/** Frames and messages: the same under every cut, each with its bytes again, and nothing is allocated for a length that is not allowed. */
import { Frames, PeerMessage } from "@unchoke/protocol"
import { Result, SchemaParser } from "effect"
import { bytesOf } from "../oracles/samples.ts"
import { check, checkSame, sameBytes } from "../oracles/check.ts"
import * as CutStream from "../oracles/CutStream.ts"
import type { Target } from "./Target.ts"

export const peerMessages: Target = {
  name: "peer-messages",
  shape: "frames",
  maxLength: 20_000,
  workPerByte: 500,
  samples: bytesOf(
    PeerMessage.PeerMessage,
    (message) => new Uint8Array([0, 0, 1, 2, 3, 5, 8, 13, ...PeerMessage.printAll([message])]),
  ),
  run: (bytes) => {
    const input = CutStream.fromBytes(bytes)
    const { pieces, stream } = input
    const expected = CutStream.frames(stream, pieces)
    checkCut(CutStream.reads(input), pieces, expected)
    if (stream.length <= 200) {
      checkCut(CutStream.reads({ ...input, lengths: [1], perRead: 1 }), pieces, expected)
      for (let at = 0; at <= stream.length; at++)
        checkCut([[stream.subarray(0, at)], [stream.subarray(at)]], pieces, expected)
    }
    for (const frame of expected.frames) checkMessage(frame)
  },
}

const checkCut = (
  reads: ReadonlyArray<ReadonlyArray<Uint8Array>>,
  pieces: number,
  expected: ReturnType<typeof CutStream.frames>,
): void => {
  const decoder = new Frames.Frames(pieces)
  let seen = 0
  let tooLong: Frames.FrameTooLong | undefined
  for (const chunks of reads) {
    if (tooLong !== undefined) break
    const out: Array<Uint8Array> = []
    decoder.reclaim()
    for (const chunk of chunks) tooLong ??= decoder.push(chunk, out)
    // Looked at only now: a buffer that is used again too early shows.
    for (const frame of out) {
      const wanted = expected.frames[seen++]
      check(wanted !== undefined && sameBytes(frame, wanted), "cutting the stream changed a frame", seen)
      check(frame.buffer === wanted!.buffer || frame.buffer.byteLength <= Frames.longestFrame + 4, "too big a buffer")
    }
  }
  check(seen === expected.frames.length, "cutting the stream lost frames", seen, expected.frames.length)
  checkSame(tooLong, expected.tooLong, "cutting the stream changed what is too long")
}

const checkMessage = (frame: Uint8Array): void => {
  const message = PeerMessage.parse(frame)
  const decoded = decode(frame)
  check(Result.isSuccess(decoded) === (typeof message !== "string"), "the Schema and the parser differ", message)
  if (typeof message === "string") return
  checkSame(Result.getOrUndefined(decoded), message, "the Schema and the parser differ")
  check(sameBytes(PeerMessage.print(message), frame), "a message does not survive its bytes", message)
  for (const number of Object.values(message))
    check(typeof number !== "number" || number >>> 0 === number, "not 32 bits", message)
}

const decode = SchemaParser.decodeUnknownResult(PeerMessage.FromFrame)

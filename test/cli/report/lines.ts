/** A recording with every kind of line that a report draws. */
import { assert } from "@effect/vitest"
import { Recording, type Recorded } from "../../../packages/cli/src/report/Recording.ts"

const peer = (last: number) => `10.0.0.${last}:6881`
const seen = { client: "Client 1.0", have: 40, connect: 10, handshake: 20, unchoke: 30, elapsed: 70 }

const rejected = (last: number, error: object) => ({
  _tag: "Rejected",
  peer: peer(last),
  error: { peer: peer(last), seen, ...error },
  at: 900,
})

export const lines: ReadonlyArray<object> = [
  { _tag: "Probing", name: "film.mkv", infoHash: "ab".repeat(20), bytes: 1 << 20, pieces: 40 },
  {
    _tag: "SourceAnswered",
    asked: { source: "udp://tracker.example", origin: "tracker", answer: { peers: 8 } },
    fresh: 8,
    at: 1,
  },
  { _tag: "Named", origin: "tracker", peers: [1, 2, 3, 4, 5, 6, 7, 8].map(peer), at: 1 },
  { _tag: "Named", origin: "you", peers: [peer(1)], at: 1 },
  ...[1, 2, 3, 4, 5, 6, 7, 8].map((last) => ({ _tag: "Dialling", peer: peer(last), at: 10 })),
  ...[1, 2, 3, 4, 5, 6, 7].map((last) => ({ _tag: "Connected", peer: peer(last), at: 20 })),
  ...[1, 2, 3].map((last) => ({ _tag: "Parked", peer: peer(last), seen, at: 50 })),
  { _tag: "Copies", copies: 1.5, lacking: 0, pieces: [], stretches: [1, 2, 3], at: 60 },
  { _tag: "Copies", copies: 0.5, lacking: 2, pieces: [7, 8], stretches: [1, 0, 3], at: 61 },
  { _tag: "Passed", peer: peer(1), seen, at: 90 },
  { _tag: "Partial", peer: peer(2), seen: { ...seen, client: "A client with quite a long name 2.0", have: 3 }, at: 95 },
  rejected(3, { _tag: "ChokeTimeout", waited: 800 }),
  rejected(4, { _tag: "HandshakeFailed", reason: "wrong info hash" }),
  rejected(5, { _tag: "IncompletePeer", have: 0, want: 40 }),
  rejected(6, { _tag: "ProtocolViolation", phase: "bitfield", rule: "flood", detail: "too much" }),
  rejected(7, { _tag: "Disconnected", phase: "unchoke", reason: "closed" }),
  rejected(8, { _tag: "ConnectFailed", reason: "refused" }),
  { _tag: "WebSeedPassed", url: "https://web.example/film.mkv", ranges: true, took: 120, at: 901 },
  {
    _tag: "WebSeedRejected",
    error: {
      _tag: "WebSeedFailed",
      url: "https://other.example/film.mkv",
      reason: { _tag: "BadAnswer", why: "no length" },
    },
    at: 902,
  },
  { _tag: "Ended", peers: 8, exitCode: 0, means: "done" },
]

/** What was recorded, or why it is no recording. */
export const read = (lines: ReadonlyArray<unknown>): Recorded | string => {
  const recording = new Recording()
  for (const line of lines) {
    const fault = recording.take(typeof line === "string" ? line : JSON.stringify(line))
    if (fault !== undefined) return fault
  }
  return recording.end()
}

/** What was recorded, of lines that are a recording. */
export const recorded = (lines: ReadonlyArray<unknown>): Recorded => {
  const recorded = read(lines)
  if (typeof recorded === "string") return assert.fail(recorded)
  return recorded
}

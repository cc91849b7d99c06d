/** What HTTP trackers answer: peers that can be called, waits within bounds, sentences that can be shown. */
import { TrackerReply } from "@unchoke/protocol"
import { Duration, Result } from "effect"
import { check, checkSame, isCount } from "../oracles/check.ts"
import { checkPeers, checkSentence } from "../oracles/checkPeers.ts"
import { latin1 } from "../oracles/samples.ts"
import type { Target } from "./Target.ts"

export const trackerReply: Target = {
  name: "tracker-reply",
  shape: "bencode",
  maxLength: 16_384,
  workPerByte: 60,
  samples: () =>
    [
      "d14:failure reason12:not for you!e",
      "d8:intervali0e5:peers0:e",
      "d8:completei5e10:incompletei-7e8:intervali2147483648e12:min intervali1e5:peers12:\x7f\0\0\x01\x1a\xe1\x08\x08\x08\x08\0\0e",
      `d6:peers618:${"\x20".repeat(18)}5:peers6:\xff\xff\xff\xff\x1a\xe110:tracker id3:abc15:warning message4:a\0b\ne`,
      `d6:peers636:${"\0".repeat(10)}\xff\xff\x08\x08\x08\x08\x1a\xe1${"\xff".repeat(18)}e`,
      "d5:peersld2:ip9:127.0.0.17:peer id20:-XX0000-abcdefghijkl4:porti6881eed2:ip3:::14:porti80eed2:ip11:example.com4:porti1eeee",
    ].map(latin1),
  run: (bytes) => {
    const read = TrackerReply.fromBytes(bytes)
    if (Result.isFailure(read)) return check(read.failure !== "", "a fault without words")
    const reply = read.success
    if (reply._tag === "Refused") return checkSentence(reply.reason)
    checkPeers(reply.peers)
    checkSentence(reply.warning)
    for (const wait of [reply.interval, reply.minInterval]) {
      const seconds = wait === undefined ? 60 : Duration.toSeconds(wait)
      check(seconds >= 30 && seconds <= 6 * 3600, "a wait out of bounds", seconds)
    }
    for (const count of [reply.seeders, reply.leechers])
      check(count === undefined || isCount(count), "an impossible count", count)
    check(reply.trackerId === undefined || isCount(reply.trackerId.length, 256), "too long an id")
    const again = Result.getOrThrow(TrackerReply.fromBytes(TrackerReply.toBytes(reply)))
    checkSame(sorted(again), sorted(reply), "an answer does not survive its bytes")
  },
}

/** With peers as a set: they are printed by family. */
const sorted = (reply: TrackerReply.TrackerReply) =>
  reply._tag === "Refused"
    ? reply
    : { ...reply, peers: new Set(reply.peers.map(String)), trackerId: reply.trackerId?.slice() }

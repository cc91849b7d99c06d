/** The 68 bytes, and the client's name in the peer id. */
import { Handshake, PeerId } from "@unchoke/protocol"
import { Result, SchemaParser } from "effect"
import { bytesOf } from "../oracles/samples.ts"
import { check, checkSame, sameBytes } from "../oracles/check.ts"
import type { Target } from "./Target.ts"

export const handshake: Target = {
  name: "handshake",
  shape: "bytes",
  maxLength: 120,
  workPerByte: 30,
  samples: bytesOf(Handshake.Handshake, Handshake.print),
  run: (bytes) => {
    const greets = Buffer.from(bytes.subarray(0, 20)).toString("latin1") === "\x13BitTorrent protocol"
    const parsed = Handshake.parse(bytes)
    check(
      Result.isSuccess(parsed) === (greets && bytes.length >= 68),
      "a stranger taken for a peer, or a peer for a stranger",
    )
    checkPrefixes(bytes)
    checkSame(Result.isSuccess(decode(bytes)), Result.isSuccess(parsed), "the Schema and the parser differ")
    if (Result.isFailure(parsed)) return
    const printed = Handshake.print(parsed.success)
    const masked = bytes.slice(0, 68)
    masked.set([0, 0, 0, 0, 0, bytes[25]! & 0x10, 0, bytes[27]! & 0x05], 20)
    check(sameBytes(printed, masked), "a handshake does not survive its bytes")
    const client = PeerId.clientOf(parsed.success.peerId)
    check(client === undefined || /^[ -~µ]{1,64}$/.test(client), "an odd name of a client", client)
    check(
      !/NaN|undefined|null/.test(client ?? "") || /NaN|undefined|null/.test(String.fromCharCode(...bytes)),
      "a name from nothing",
      client,
    )
  },
}

/** However little has arrived, we wait for more exactly as long as it can still become a handshake. */
const checkPrefixes = (bytes: Uint8Array): void => {
  const wanted = Buffer.from("\x13BitTorrent protocol", "latin1")
  for (let length = 0; length <= Math.min(bytes.length, 68); length++) {
    const known = Math.min(length, 20)
    const fits = wanted.subarray(0, known).equals(bytes.subarray(0, known))
    check(Handshake.isPrefix(bytes.subarray(0, length)) === fits, "a prefix taken for something else", length)
  }
}

const decode = SchemaParser.decodeUnknownResult(Handshake.FromBytes)

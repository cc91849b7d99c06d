/** Announces in a query, as a tracker reads them. */
import { AnnounceRequest } from "@unchoke/protocol"
import { Result } from "effect"
import { bytesOf } from "../oracles/samples.ts"
import { check, checkSame, isCount } from "../oracles/check.ts"
import type { Target } from "./Target.ts"

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

export const announceQuery: Target = {
  name: "announce-query",
  shape: "text",
  maxLength: 2048,
  workPerByte: 100,
  samples: bytesOf(AnnounceRequest.AnnounceRequest, (request) => encode(AnnounceRequest.toQuery(request))),
  run: (bytes) => {
    const read = AnnounceRequest.fromQuery(new TextDecoder().decode(bytes))
    if (Result.isFailure(read)) return check(read.failure !== "", "a fault without words")
    const request = read.success
    check(request.infoHash.length === 20 && request.peerId.length === 20, "hashes of another length")
    const { downloaded, key, left, numWant, port, uploaded } = request
    check(
      [downloaded, left, uploaded].every((count) => isCount(count)),
      "an odd number",
      downloaded,
      left,
      uploaded,
    )
    check(
      isCount(key, 0xffff_ffff) && isCount(numWant, 1000) && isCount(port, 65_535),
      "an odd number",
      key,
      numWant,
      port,
    )
    const query = AnnounceRequest.toQuery(request)
    check(/^[\w.~%&=-]*$/.test(query), "a query that needs more escaping", query)
    checkSame(Result.getOrThrow(AnnounceRequest.fromQuery(query)), request, "a request does not survive its query")
  },
}

/** What UDP trackers answer (BEP 15), and what clients ask: the first byte says which, the others are the packet. */
import { UdpTracker } from "@unchoke/protocol"
import { Result } from "effect"
import { bytesOf } from "../oracles/samples.ts"
import { check, checkSame, isCount } from "../oracles/check.ts"
import { checkPeers, checkSentence } from "../oracles/checkPeers.ts"
import type { Target } from "./Target.ts"

export const udpTracker: Target = {
  name: "udp-tracker",
  shape: "bytes",
  maxLength: 2048,
  workPerByte: 60,
  samples: bytesOf(UdpTracker.UdpRequest, (request) => new Uint8Array([2, ...UdpTracker.fromRequest(request)])),
  run: (bytes) => {
    const packet = bytes.subarray(1)
    switch (bytes[0]) {
      case 0:
        return checkResponse(packet, "IPv4")
      case 1:
        return checkResponse(packet, "IPv6")
      default:
        return checkRequest(packet)
    }
  },
}

const checkResponse = (packet: Uint8Array, family: "IPv4" | "IPv6"): void => {
  const read = UdpTracker.toResponse(packet, family)
  if (Result.isFailure(read)) return
  const response = read.success
  check(isCount(response.transactionId, 0xffff_ffff), "an odd transaction id", response.transactionId)
  if (response._tag === "Failed") return checkSentence(response.reason)
  if (response._tag === "Announced") {
    checkPeers(response.peers)
    for (const number of [response.interval, response.leechers, response.seeders])
      check(isCount(number, 0xffff_ffff), "an odd number", number)
    // An IPv4 address in the disguise of IPv6 comes out as what it is, and is not printed again among those.
    if (family === "IPv6" && response.peers.some(({ address }) => address._tag === "Ipv4Address")) return
  }
  const again = UdpTracker.toResponse(UdpTracker.fromResponse(response, family), family)
  checkSame(named(Result.getOrThrow(again)), named(response), "an answer does not survive its bytes")
}

const named = (response: UdpTracker.UdpResponse) =>
  response._tag === "Announced" ? { ...response, peers: response.peers.map(String) } : response

const checkRequest = (packet: Uint8Array): void => {
  const read = UdpTracker.toRequest(packet)
  if (Result.isFailure(read)) return
  const request = read.success
  if (request._tag === "Announce") {
    const { key, numWant, port } = request.request
    check(
      isCount(key, 0xffff_ffff) && isCount(numWant, 1000) && isCount(port, 65_535),
      "an odd number",
      key,
      numWant,
      port,
    )
    check(request.path.isWellFormed(), "half a character", request.path)
  }
  const again = UdpTracker.toRequest(UdpTracker.fromRequest(request))
  checkSame(Result.getOrThrow(again), request, "a request does not survive its bytes")
}

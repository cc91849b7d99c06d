import { expect, it } from "@effect/vitest"
import { UdpTracker } from "@unchoke/protocol"
import { Result, Schema } from "effect"
import { NetAddress } from "effect/net"

const WellFormed = Schema.Struct({ packet: UdpTracker.UdpRequest, path: Schema.String.check(Schema.isMaxLength(600)) })

it.prop("a tracker reads what we send", [WellFormed], ([{ packet, path }]) => {
  const url = path.toWellFormed().replaceAll("\0", "")
  const sent =
    packet._tag === "Connect" ? packet : { ...packet, path: url, request: { ...packet.request, trackerId: undefined } }
  const read = Result.getOrThrow(UdpTracker.toRequest(UdpTracker.fromRequest(sent)))
  expect(read).toEqual(sent)
})

it("an announce is laid out as BEP 15 says", () => {
  const bytes = Buffer.from(
    UdpTracker.fromRequest({
      _tag: "Announce",
      transactionId: 0x01020304,
      connectionId: 0x1122334455667788n,
      path: "/announce",
      request: {
        infoHash: new Uint8Array(20).fill(0xaa),
        peerId: new Uint8Array(20).fill(0xbb),
        port: 6881,
        uploaded: 3,
        downloaded: 2 ** 40,
        left: 5,
        event: "started",
        numWant: 80,
        key: 0xdeadbeef,
      },
    }),
  )
  expect(bytes.subarray(0, 16).toString("hex")).toBe("11223344556677880000000101020304")
  expect(bytes.subarray(16, 56)).toEqual(Buffer.concat([Buffer.alloc(20, 0xaa), Buffer.alloc(20, 0xbb)]))
  expect(bytes.subarray(56, 80).toString("hex")).toBe("000001000000000000000000000000050000000000000003")
  expect(bytes.subarray(80, 98).toString("hex")).toBe("0000000200000000deadbeef000000501ae1")
  expect(bytes.subarray(98).toString("latin1")).toBe("\x02\x09/announce")
})

it("a connect request is the protocol's number and ours", () => {
  expect(Buffer.from(UdpTracker.fromRequest({ _tag: "Connect", transactionId: 7 })).toString("hex")).toBe(
    "00000417271019800000000000000007",
  )
})

const responses: ReadonlyArray<UdpTracker.UdpResponse> = [
  { _tag: "Connected", transactionId: 0xffffffff, connectionId: 2n ** 64n - 1n },
  { _tag: "Failed", transactionId: 1, reason: "unknown torrent" },
  {
    _tag: "Announced",
    transactionId: 2,
    interval: 1800,
    leechers: 3,
    seeders: 4,
    peers: ["10.0.0.1:1", "10.0.0.2:65535"].map(NetAddress.inetAddressFromStringUnsafe),
  },
]

it.each(responses)("we read what a tracker sends: $_tag", (response) => {
  expect(UdpTracker.toResponse(UdpTracker.fromResponse(response, "IPv4"), "IPv4")).toEqual(Result.succeed(response))
})

it("over IPv6 the peers are IPv6 addresses", () => {
  const peers = [NetAddress.inetAddressFromStringUnsafe("[2001:db8::1]:6881")]
  const response = { _tag: "Announced", transactionId: 2, interval: 1, leechers: 0, seeders: 0, peers } as const
  const bytes = UdpTracker.fromResponse(response, "IPv6")
  expect(bytes).toHaveLength(20 + 18)
  expect(UdpTracker.toResponse(bytes, "IPv6")).toEqual(Result.succeed(response))
})

it("peers without a port are dropped, and bytes behind the last one ignored", () => {
  const bytes = Buffer.from("00000001000000020000000000000000000000000a00000100000a00000200090a00", "hex")
  const response = Result.getOrThrow(UdpTracker.toResponse(bytes, "IPv4"))
  expect(response._tag === "Announced" && response.peers.map(NetAddress.formatInet)).toEqual(["10.0.0.2:9"])
})

it("packets that are too short or of another kind are faults", () => {
  for (const response of responses) {
    const bytes = UdpTracker.fromResponse(response, "IPv4")
    const least = { Connected: 16, Failed: 8, Announced: 20 }[response._tag]
    for (let length = 0; length < least; length++) {
      expect(UdpTracker.toResponse(bytes.subarray(0, length), "IPv4")).toEqual(Result.fail("too short"))
    }
  }
  expect(UdpTracker.toResponse(Uint8Array.from([0, 0, 0, 9, 0, 0, 0, 0]), "IPv4")).toEqual(
    Result.fail("not a tracker's packet"),
  )
})

it("counts beyond 2^53, as of a client that knows no size yet, come down to it", () => {
  const bytes = new Uint8Array(98).fill(0xff)
  bytes.set([0, 0, 0, 1], 8)
  const read = Result.getOrThrow(UdpTracker.toRequest(bytes))
  expect(read).toMatchObject({ request: { left: Number.MAX_SAFE_INTEGER, uploaded: Number.MAX_SAFE_INTEGER } })
  expect(UdpTracker.toRequest(UdpTracker.fromRequest(read))).toEqual(Result.succeed(read))
})

it.prop("no packet makes a reader throw", [Schema.Uint8Array], ([bytes]) => {
  UdpTracker.toRequest(bytes)
  for (const family of ["IPv4", "IPv6"] as const) {
    const response = Result.getOrUndefined(UdpTracker.toResponse(bytes, family))
    if (response?._tag === "Announced") expect(response.peers.every(({ port }) => port > 0)).toBe(true)
  }
})

import { expect, it } from "@effect/vitest"
import { Bencode, TrackerReply } from "@unchoke/protocol"
import { Duration, Result, Schema } from "effect"
import { NetAddress } from "effect/net"
import { mutate, Mutations } from "./mutation.ts"

const read = (members: Bencode.BencodeInput) => TrackerReply.fromBytes(Bencode.encode(members))
const announced = (members: Bencode.BencodeInput): TrackerReply.Announced => {
  const reply = Result.getOrThrow(read(members))
  if (reply._tag !== "Announced") throw new Error(reply.reason)
  return reply
}
const peersOf = (members: Bencode.BencodeInput) => announced(members).peers.map(NetAddress.formatInet)
const compact = (...bytes: ReadonlyArray<number>) => Uint8Array.from(bytes)

it("compact peers of both families", () => {
  const peers6 = Uint8Array.from([0x20, 0x01, 0x0d, 0xb8, ...Array.from({ length: 11 }, () => 0), 7, 0x1a, 0xe1])
  expect(peersOf({ interval: 1800, peers: compact(10, 1, 2, 3, 0x1a, 0xe1, 1, 2, 3, 4, 0, 80), peers6 })).toEqual([
    "10.1.2.3:6881",
    "1.2.3.4:80",
    "[2001:db8::7]:6881",
  ])
})

it("peers as dictionaries; host names and nonsense are left out", () => {
  const peers = [
    { ip: "10.0.0.1", port: 1, "peer id": "x".repeat(20) },
    { ip: "2001:db8::1", port: 2 },
    { ip: "peer.example", port: 3 },
    { ip: "10.0.0.2" },
    { ip: "10.0.0.3", port: 70_000 },
    { ip: 7, port: 4 },
    "junk",
  ]
  expect(peersOf({ peers })).toEqual(["10.0.0.1:1", "[2001:db8::1]:2"])
})

it("a peer comes once, with a port, at an address that is somebody's", () => {
  const usable = [10, 0, 0, 1, 0, 9]
  const mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...usable]
  const peers = [
    ...usable,
    ...usable,
    10,
    0,
    0,
    2,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    9,
    224,
    0,
    0,
    1,
    0,
    9,
    255,
    255,
    255,
    255,
    0,
    9,
  ]
  expect(peersOf({ peers: compact(...peers, 1, 2, 3), peers6: compact(...mapped) })).toEqual(["10.0.0.1:9"])
})

it("no more than 2000 peers of one answer are taken", () => {
  const peers = Uint8Array.from({ length: 6 * 5000 }, (_, i) => [10, 0, i >> 8, i & 0xff, 1, 1][i % 6]!)
  const distinct = Uint8Array.from(Array.from({ length: 5000 }, (_, i) => [10, 0, i >> 8, i & 0xff, 1, 1]).flat())
  expect(peersOf({ peers }).length).toBeLessThanOrEqual(2000)
  expect(peersOf({ peers: distinct })).toHaveLength(2000)
})

it.each([
  [undefined, 1800],
  ["soon", 1800],
  [0, 30],
  [-5, 30],
  [60, 60],
  [2 ** 31, 21_600],
  [Number.MAX_SAFE_INTEGER, 21_600],
])("an interval of %s is taken as %s s", (interval, seconds) => {
  expect(Duration.toSeconds(announced({ interval }).interval)).toBe(seconds)
})

it("everything else that a tracker says", () => {
  const reply = announced({
    interval: 100,
    "min interval": 50,
    complete: 3,
    incomplete: -1,
    "warning message": "slow\u0000 down\u001b[31m",
    "tracker id": "abc",
  })
  expect(reply).toMatchObject({
    peers: [],
    minInterval: Duration.seconds(50),
    seeders: 3,
    leechers: undefined,
    warning: "slow  down [31m",
  })
  expect(Buffer.from(reply.trackerId!).toString()).toBe("abc")
})

it("where the tracker sees us (BEP 24), in either family; nonsense counts as absent", () => {
  const seen = (octets: ReadonlyArray<number>) => announced({ "external ip": Uint8Array.from(octets) }).externalIp
  expect(seen([93, 184, 216, 34])).toEqual(NetAddress.ipFromStringUnsafe("93.184.216.34"))
  expect(seen([0x20, 1, 0xd, 0xb8, ...Array.from({ length: 11 }, () => 0), 7])).toEqual(
    NetAddress.ipFromStringUnsafe("2001:db8::7"),
  )
  expect(seen([1, 2, 3])).toBeUndefined()
  expect(announced({}).externalIp).toBeUndefined()
})

it("a failure reason is a refusal, whatever else there is", () => {
  expect(read({ "failure reason": "torrent not registered", interval: 5, peers: "abcdef" })).toEqual(
    Result.succeed({ _tag: "Refused", reason: "torrent not registered" }),
  )
})

it("what other clients overlook is overlooked", () => {
  const bytes = Buffer.from("d10:downloadedi18446744073709551615e8:intervali60e8:intervali90e9:intervalsi1ee\n")
  expect(Result.getOrThrow(TrackerReply.fromBytes(bytes))).toMatchObject({ interval: Duration.seconds(60) })
  expect(Result.getOrThrow(TrackerReply.fromBytes(Buffer.from("d8:intervali99999999999999999999ee")))).toMatchObject({
    interval: TrackerReply.usualInterval,
  })
})

it("what is no answer is a fault", () => {
  expect(TrackerReply.fromBytes(Buffer.from("<html>"))).toEqual(Result.fail("not valid bencode: not a value at byte 0"))
  expect(read([])).toEqual(Result.fail("not a dictionary"))
  expect(read({ peers: Array.from({ length: 60_000 }, () => "") })).toEqual(
    Result.fail("not valid bencode: too many values at byte 100003"),
  )
})

const full: TrackerReply.Announced = {
  _tag: "Announced",
  peers: ["10.0.0.1:1", "[2001:db8::1]:2"].map(NetAddress.inetAddressFromStringUnsafe),
  interval: Duration.minutes(20),
  minInterval: Duration.minutes(5),
  seeders: 1,
  leechers: 2,
  warning: "w",
  trackerId: Uint8Array.of(1, 2),
}

it("what a tracker prints is what we read", () => {
  expect(TrackerReply.fromBytes(TrackerReply.toBytes(full))).toEqual(Result.succeed(full))
  const refused = { _tag: "Refused", reason: "no" } as const
  expect(TrackerReply.fromBytes(TrackerReply.toBytes(refused))).toEqual(Result.succeed(refused))
})

it.prop("any damage is survived, within the bounds", [Mutations, Schema.Boolean], ([mutations, dictionaries]) => {
  const bytes = dictionaries
    ? Bencode.encode({
        interval: 9,
        peers: [
          { ip: "10.0.0.1", port: 1 },
          { ip: "::1", port: 2 },
        ],
      })
    : TrackerReply.toBytes(full)
  const reply = Result.getOrUndefined(TrackerReply.fromBytes(mutate(bytes, mutations)))
  if (reply?._tag !== "Announced") return
  expect(
    Duration.between(reply.interval, { minimum: TrackerReply.shortestInterval, maximum: TrackerReply.longestInterval }),
  ).toBe(true)
  for (const peer of reply.peers) expect(peer.port).toBeGreaterThan(0)
})

import { expect, it } from "@effect/vitest"
import { AnnounceRequest } from "@unchoke/protocol"
import { Result } from "effect"

it.prop("a tracker reads what we ask", [AnnounceRequest.AnnounceRequest], ([request]) => {
  const query = AnnounceRequest.toQuery(request)
  expect(AnnounceRequest.fromQuery(query)).toEqual(Result.succeed(request))
  expect(new URL(`http://tracker.example/announce?${query}`).search).toBe(`?${query}`)
})

const request: AnnounceRequest.AnnounceRequest = {
  infoHash: Uint8Array.from({ length: 20 }, (_, i) => i * 13),
  peerId: Buffer.from("-UN0100-abcdefgh.~_-"),
  port: 6881,
  uploaded: 0,
  downloaded: 1,
  left: 2,
  event: "started",
  numWant: 200,
  key: 0xbeef,
}

it("is printed in the order that trackers know", () => {
  expect(AnnounceRequest.toQuery(request)).toBe(
    "info_hash=%00%0D%1A%274AN%5Bhu%82%8F%9C%A9%B6%C3%D0%DD%EA%F7&peer_id=-UN0100-abcdefgh.~_-&port=6881" +
      "&uploaded=0&downloaded=1&left=2&compact=1&no_peer_id=1&numwant=200&key=0000beef&event=started",
  )
})

it("a tracker names the member that is missing or wrong, and knows defaults", () => {
  const query = AnnounceRequest.toQuery(request)
  expect(AnnounceRequest.fromQuery(query.replace("info_hash", "x"))).toEqual(Result.fail("info_hash"))
  expect(AnnounceRequest.fromQuery(query.replace("port=6881", "port=66000"))).toEqual(Result.fail("port"))
  expect(AnnounceRequest.fromQuery(query.replace("left=2", "left=x"))).toEqual(Result.fail("left"))
  const { infoHash, peerId } = request
  expect(
    AnnounceRequest.fromQuery(`info_hash=${"a".repeat(20)}&peer_id=${"b".repeat(20)}&port=1&event=paused`),
  ).toEqual(
    Result.succeed({
      infoHash: new Uint8Array(infoHash.length).fill(0x61),
      peerId: new Uint8Array(peerId.length).fill(0x62),
      port: 1,
      uploaded: 0,
      downloaded: 0,
      left: 0,
      event: "none",
      numWant: 50,
      key: 0,
    }),
  )
})

it("who does not know what the torrent is may say that all there can be is left", () => {
  const id = "a".repeat(20)
  const read = AnnounceRequest.fromQuery(`info_hash=${id}&peer_id=${id}&port=1&left=9223372036854775807`)
  expect(Result.getOrThrow(read).left).toBe(Number.MAX_SAFE_INTEGER)
})

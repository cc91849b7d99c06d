/** An announce for tests. */
import type { AnnounceRequest } from "@unchoke/protocol"

export const request: AnnounceRequest.AnnounceRequest = {
  infoHash: Uint8Array.from({ length: 20 }, (_, i) => 255 - i),
  peerId: new Uint8Array(20).fill(0x2d),
  port: 6881,
  uploaded: 0,
  downloaded: 0,
  left: 100,
  event: "started",
  numWant: 200,
  key: 7,
}

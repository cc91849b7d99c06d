/** Peer exchange (BEP 11): whomever a peer names, they are few, each named once, and can be called. */
import { PeerExchange } from "@unchoke/protocol"
import { NetAddress } from "effect/net"
import { check, checkSame, isCount } from "../oracles/check.ts"
import { checkPeers } from "../oracles/checkPeers.ts"
import { latin1 } from "../oracles/samples.ts"
import type { Target } from "./Target.ts"

export const peerExchange: Target = {
  name: "peer-exchange",
  shape: "bencode",
  maxLength: 4096,
  workPerByte: 80,
  samples: () =>
    [
      "de",
      "d5:added6:\x7f\0\0\x01\x1a\xe17:added.f1:\x107:dropped0:e",
      "d5:added12:\x08\x08\x08\x08\x1a\xe1\x08\x08\x08\x08\x1a\xe17:added.f1:\x02e",
      `d6:added618:${"\x20".repeat(18)}8:added6.f2:\x01\x138:dropped618:${"\0".repeat(10)}\xff\xff\x08\x08\x08\x08\x1a\xe1e`,
      `d5:added306:${Array.from({ length: 51 }, (_, i) => `\x05\x06\x07${String.fromCharCode(i)}\x1a\xe1`).join("")}e`,
      "d5:addedi1e7:added.fle7:dropped7:\x08\x08\x08\x08\x1a\xe1\xffe",
    ].map(latin1),
  run: (bytes) => {
    const heard = PeerExchange.fromBytes(bytes)
    if (heard === undefined) return
    const { added, dropped } = heard
    check(added.length <= PeerExchange.most && dropped.length <= PeerExchange.most, "too many peers", heard)
    checkPeers(added.map(({ peer }) => peer))
    checkPeers(dropped)
    for (const { flags } of added) check(isCount(flags, 255), "impossible flags", flags)
    checkSame(
      sorted(PeerExchange.fromBytes(PeerExchange.toBytes(heard))),
      sorted(heard),
      "a message does not survive its bytes",
    )
  },
}

/** By family, as they are printed. */
const sorted = (heard: PeerExchange.PeerExchange | undefined) =>
  heard && {
    added: heard.added.map(({ flags, peer }) => `${NetAddress.formatInet(peer)} ${flags}`).toSorted(),
    dropped: heard.dropped.map((peer) => NetAddress.formatInet(peer)).toSorted(),
  }

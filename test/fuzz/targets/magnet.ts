/** Magnet links: whatever is read is bounded, whatever is refused is told in words, and what is read and printed again names the same torrent. */
import { MagnetLink } from "@unchoke/protocol"
import { Result } from "effect"
import { check, checkSame } from "../oracles/check.ts"
import { checkSentence } from "../oracles/checkPeers.ts"
import type { Target } from "./Target.ts"

const hash = "c12fe1c06bba254a9dc9f519b335aa7c1367a88a"

export const magnet: Target = {
  name: "magnet",
  shape: "text",
  maxLength: 2048,
  workPerByte: 600,
  samples: () =>
    [
      hash,
      `magnet:?xt=urn:btih:${hash}&dn=a+name%20of%E2%82%AC&tr=udp%3A%2F%2Ft.example%3A6969&ws=http://w/x`,
      "MAGNET:?XT=URN:BTIH:YEX6DQDLXISUVHOJ6UM3GNNKPQJWPKEK&x.pe=[2001:db8::1]:6881&x.pe=1.2.3.4:5",
      `magnet:?xt.1=urn:btmh:1220${"ab".repeat(32)}&amp;xt.2=urn:btih:${hash}&so=0-30000000,1,4-2`,
      `magnet:?tr.1=https://t/announce&tr.1=wss://t&x.pe=host.example:65536&xt=urn%3Abtih%3A${hash}&dn=%%4%zz%ff`,
      `magnet:?xt=urn:sha1:x&xt=urn:btih:0&x.pe=[fe80::1%25eth0]:1&=x&&dn`,
    ].map((text) => new TextEncoder().encode(text)),
  run: (bytes) => {
    const text = new TextDecoder().decode(bytes)
    const read = MagnetLink.fromString(text)
    if (Result.isFailure(read)) return checkSentence(read.failure)
    const link = read.success
    check(MagnetLink.isMeant(text), "a link that nobody means")
    check(link.infoHash.length === 20, "an odd hash", link.infoHash.length)
    check(link.name !== "" && link.name?.trim() === link.name, "an odd name", link.name)
    check(Math.max(link.peers.length, link.webSeeds.length, link.select?.length ?? 0) <= 100, "too many of something")
    for (const { port } of link.peers) check(port > 0 && port <= 65_535, "a peer that can't be called", port)
    for (const { first, last } of link.select ?? []) check(first <= last, "files that are none", first, last)
    const again = Result.getOrThrow(MagnetLink.fromString(MagnetLink.toString(link)))
    checkSame([...again.infoHash], [...link.infoHash], "it names another torrent once printed")
    // Half a character can't be printed.
    if (!text.isWellFormed()) return
    checkSame(again.name, link.name, "its name does not survive its text")
    checkSame(again.trackers, link.trackers, "its trackers do not survive its text")
    checkSame(again.webSeeds, link.webSeeds, "its web seeds do not survive its text")
  },
}

/**
 * Local discovery (BEP 14): who is in the same network says by multicast which torrents it has in hand, and at which port it is called.
 *
 * It looks like HTTP and is read with tolerance: names in either case, any line ends, headers that nobody knows. What is no announcement is `undefined`, whatever it is.
 */
import { NetAddress } from "effect/net"
import * as Utf8 from "./Utf8.ts"

/** Which torrents somebody in the local network has in hand. */
export interface Announcement {
  /** The TCP port at which the sender is called, 1 … 65535. */
  readonly port: number
  /** 40 digits each, in lower-case hexadecimal; at least one, and at most `mostInfoHashes`. */
  readonly infoHashes: ReadonlyArray<string>
  /** What the sender knows its own announcements by, at most 64 characters. */
  readonly cookie: string | undefined
}

/** Where announcements are sent and heard. */
export const groups: ReadonlyArray<NetAddress.InetAddress> = [
  NetAddress.inetAddressFromIpStringUnsafe("239.192.152.143", 6771),
  NetAddress.inetAddressFromIpStringUnsafe("ff15::efc0:988f", 6771),
]

/** More of one datagram are not looked at, nor said: with so many it fits into what every network takes (1400 bytes, BEP 14). */
export const mostInfoHashes = 20

/** A longer datagram is none of ours. */
export const longest = 1500

/** Reads a datagram; what is no announcement is `undefined`. */
export const fromBytes = (datagram: Uint8Array): Announcement | undefined => {
  if (datagram.length > longest) return undefined
  const [first = "", ...lines] = Utf8.toText(datagram).split(/\r?\n/u)
  if (!/^BT-SEARCH\s+\*\s+HTTP\/1\.\d\s*$/u.test(first)) return undefined
  let port: number | undefined
  let cookie: string | undefined
  const infoHashes: Array<string> = []
  for (const line of lines) {
    // Whatever comes behind the empty line is no header.
    if (line === "") break
    const colon = line.indexOf(":")
    const value = line.slice(colon + 1).trim()
    switch (line.slice(0, Math.max(0, colon)).trim().toLowerCase()) {
      case "port":
        port ??= portOf(value)
        break
      case "infohash":
        if (infoHashes.length < mostInfoHashes && /^[\da-f]{40}$/iu.test(value)) infoHashes.push(value.toLowerCase())
        break
      case "cookie":
        cookie ??= value.slice(0, longestCookie)
    }
  }
  return port === undefined || infoHashes.length === 0 ? undefined : { port, infoHashes, cookie }
}

/** The datagram for one of the groups. */
export const toBytes = ({ cookie, infoHashes, port }: Announcement, group: NetAddress.InetAddress): Uint8Array =>
  Utf8.fromText(
    [
      "BT-SEARCH * HTTP/1.1",
      `Host: ${NetAddress.formatInet(group)}`,
      `Port: ${port}`,
      ...infoHashes.slice(0, mostInfoHashes).map((infoHash) => `Infohash: ${infoHash}`),
      ...(cookie === undefined ? [] : [`cookie: ${cookie}`]),
      "",
      "",
      "",
    ].join("\r\n"),
  )

const longestCookie = 64

const portOf = (text: string): number | undefined => {
  const port = /^\d{1,5}$/u.test(text) ? Number(text) : 0
  return port > 0 && port <= 65_535 ? port : undefined
}

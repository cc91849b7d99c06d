/** Local discovery (BEP 14): whatever is said in the network, what we take for an announcement is within bounds. */
import { LocalDiscovery } from "@unchoke/protocol"
import { check, checkSame, isCount } from "../oracles/check.ts"
import { latin1 } from "../oracles/samples.ts"
import type { Target } from "./Target.ts"

const [ipv4, ipv6] = LocalDiscovery.groups
const hash = "0123456789abcdef0123456789ABCDEF01234567"

export const localDiscovery: Target = {
  name: "local-discovery",
  shape: "bytes",
  maxLength: 1600,
  workPerByte: 80,
  samples: () =>
    [
      `BT-SEARCH * HTTP/1.1\r\nHost: 239.192.152.143:6771\r\nPort: 6881\r\nInfohash: ${hash}\r\ncookie: 1f\r\n\r\n\r\n`,
      `BT-SEARCH * HTTP/1.1\nport:1\nINFOHASH:${hash}\nInfohash: ${hash}\n\n`,
      `BT-SEARCH * HTTP/1.1\r\nPort: 65536\r\nPort: 1\r\nInfohash: ${hash}\r\n\r\n`,
      `BT-SEARCH * HTTP/1.1\r\nPort: 1\r\n${`Infohash: ${hash}\r\n`.repeat(25)}\r\n`,
      "BT-SEARCH * HTTP/1.1\r\n\r\nPort: 1\r\n:\r\n: :\r\n",
      `BT-SEARCH  *  HTTP/1.0 \r\nInfohash : ${hash}\r\n Port : 00001\r\nCookie: ${"c".repeat(99)}\r\n\r\n`,
    ].map(latin1),
  run: (bytes) => {
    const heard = LocalDiscovery.fromBytes(bytes)
    if (heard === undefined) return
    const { cookie, infoHashes, port } = heard
    check(isCount(port, 65_535) && port > 0, "an impossible port", port)
    check(infoHashes.length > 0 && infoHashes.length <= LocalDiscovery.mostInfoHashes, "too many", infoHashes.length)
    for (const infoHash of infoHashes) check(/^[\da-f]{40}$/u.test(infoHash), "no info hash", infoHash)
    check(cookie === undefined || cookie.length <= 64, "too long a cookie", cookie)
    for (const group of [ipv4!, ipv6!]) {
      const again = LocalDiscovery.fromBytes(LocalDiscovery.toBytes(heard, group))
      checkSame({ ...again, cookie: undefined }, { ...heard, cookie: undefined }, "it does not survive its bytes")
    }
  },
}

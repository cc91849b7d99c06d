/** Announce URLs and redirects: no URL may lead anyone (as the URL standard reads it) to a host that is not the one whose address was checked. */
import { AnnounceUrl } from "@unchoke/protocol"
import { Result } from "effect"
import { Host } from "effect/net"
import { check, checkSame } from "../oracles/check.ts"
import type { Target } from "./Target.ts"

export const announceUrl: Target = {
  name: "announce-url",
  shape: "text",
  maxLength: 512,
  workPerByte: 600,
  samples: () =>
    [
      "http://tracker.example/announce\n/other\nhttps://a.b:8443/x?y=z#f\n//c.d\n?q=1\nrelative/../path",
      "udp://tracker.example:6969/announce\nhttp://x",
      "udp://[2001:db8::1]:6969",
      "HTTP://[::ffff:127.0.0.1]:080/announce?passkey=\u00e9 %41",
      "http://127.1/announce",
      "http://0x7f000001/",
      "http://2130706433/",
      "http://user:password@host/announce",
      "http://h\u00f6st.example/a b\tc",
      "http://localhost.:80/",
      "http://a\\b@c/d",
      "http://\uff11\uff12\uff17.0.0.1/",
    ].map((text) => new TextEncoder().encode(text)),
  run: (bytes) => {
    const [text, ...locations] = new TextDecoder().decode(bytes).split("\n")
    const url = AnnounceUrl.fromString(text!)
    if (Result.isFailure(url)) return check(url.failure !== "", "a fault without words")
    checkUrl(url.success)
    for (const location of locations.slice(0, 4)) {
      const redirected = AnnounceUrl.redirected(url.success, location)
      if (Result.isSuccess(redirected)) checkUrl(redirected.success)
    }
  },
}

const checkUrl = (url: AnnounceUrl.AnnounceUrl): void => {
  const target = AnnounceUrl.target(url, "info_hash=%00")
  const printed = AnnounceUrl.origin(url) + target
  check(/^[!-~]+$/.test(printed), "cannot stand in a request", printed)
  check(target.startsWith("/"), "a target without a path", target)
  const again = Result.getOrUndefined(AnnounceUrl.fromString(AnnounceUrl.origin(url) + AnnounceUrl.target(url)))
  checkSame(again, url, "an URL does not survive its text")
  if (url.scheme === "udp") return
  const standard = URL.parse(printed)
  check(standard !== null, "the URL standard does not take it", printed)
  const { hostname, password, port, username } = standard!
  check(username === "" && password === "", "a user name got through", printed)
  check(Number(port === "" ? { http: 80, https: 443 }[url.scheme] : port) === url.port, "another port", printed)
  const host = Host.formatHost(url.host)
  check(
    bare(hostname) === bare(URL.parse(`http://${host.includes(":") ? `[${host}]` : host}/`)?.hostname ?? host),
    "another host",
    printed,
    hostname,
  )
  checkSame(
    Result.getOrUndefined(Host.hostFromString(bare(hostname))),
    url.host,
    "the URL standard reads another host, whose address would not be checked",
  )
}

const bare = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, "$1").toLowerCase()

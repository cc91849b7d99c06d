import { expect, it } from "@effect/vitest"
import { AnnounceUrl } from "@unchoke/protocol"
import { Result, Schema } from "effect"
import { Host } from "effect/net"

const print = (url: AnnounceUrl.AnnounceUrl) => AnnounceUrl.origin(url) + AnnounceUrl.target(url)
const read = (text: string) =>
  Result.match(AnnounceUrl.fromString(text), { onSuccess: print, onFailure: (why) => `fault: ${why}` })

it.each([
  ["http://tracker.example/announce", "http://tracker.example/announce"],
  [" HTTP://Tracker.Example:80/a?passkey=1#part ", "http://tracker.example/a?passkey=1"],
  ["https://tracker.example:443", "https://tracker.example/"],
  ["http://tracker.example:/a", "http://tracker.example/a"],
  ["http://tracker.example?x=1", "http://tracker.example/?x=1"],
  ["udp://tracker.example:6969", "udp://tracker.example:6969/"],
  ["udp://[2001:DB8::1]:80/announce", "udp://[2001:db8::1]:80/announce"],
  ['http://bücher.example/ä b?%41="', "http://xn--bcher-kva.example/%C3%A4%20b?%41=%22"],
  ["http://tracker.example/100%/%zz?k=\u212a%4", "http://tracker.example/100%25/%25zz?k=%E2%84%AA%254"],
  ["http://tracker.example/a\tb\\c", "http://tracker.example/a%09b%5Cc"],
])("reads %j", (text, expected) => {
  expect(read(text)).toBe(expected)
})

it.each([
  ["", "not an URL"],
  ["tracker.example/announce", "not an URL"],
  ["http://tracker.example\\@other.example/", "not an URL"],
  ["wss://tracker.example", "wss is not supported"],
  ["udp://tracker.example", "no port"],
  ["http://tracker.example@other.example/", "user names are not supported"],
  ["http:///announce", "no valid host and port"],
  ["http://tracker.example:0/", "no valid host and port"],
  ["http://tracker.example:65536/", "no valid host and port"],
  ["http://a b/", "no valid host and port"],
  ["http://127.1/", "no valid host and port"],
  ["http://2130706433/", "no valid host and port"],
  ["http://0x7f.0.0.1/", "no valid host and port"],
  ["http://[fe80::1%eth0]/", "no valid host and port"],
  ["http://tracker%2eexample/", "no valid host and port"],
])("refuses %j: %s", (text, why) => {
  expect(read(text)).toBe(`fault: ${why}`)
})

const base = Result.getOrThrow(AnnounceUrl.fromString("http://tracker.example:81/a/b?q=1"))

it.each([
  ["/x?y", "http://tracker.example:81/x?y"],
  ["z", "http://tracker.example:81/a/z"],
  ["?n=1", "http://tracker.example:81/a/b?n=1"],
  ["//other.example/q", "http://other.example/q"],
  ["https://other.example", "https://other.example/"],
])("a redirect to %j leads to %s", (location, expected) => {
  expect(Result.map(AnnounceUrl.redirected(base, location), print)).toEqual(Result.succeed(expected))
})

it("a redirect to something else is a fault", () => {
  for (const location of ["javascript:alert(1)", "file:///etc/passwd", "http://a b/", "//"]) {
    expect(Result.isFailure(AnnounceUrl.redirected(base, location))).toBe(true)
  }
})

it("members are added to the query", () => {
  expect(AnnounceUrl.target(base, "k=v")).toBe("/a/b?q=1&k=v")
  expect(AnnounceUrl.target({ ...base, query: "" }, "k=v")).toBe("/a/b?k=v")
})

const Text = Schema.Union([
  Schema.String,
  Schema.Struct({ host: Schema.String, path: Schema.String }),
  Schema.Literals([
    "http://[::1]:80:80/",
    "http://1.2.3.4:80/\t",
    "http://a.example:80\n.b.example/",
    "http://a.example/%zz",
  ]),
])

it.prop(
  "whatever is read, others read as the same host and target",
  [Text],
  ([text]) => {
    const url = AnnounceUrl.fromString(typeof text === "string" ? text : `http://${text.host}/${text.path}`)
    if (Result.isFailure(url) || url.success.scheme === "udp") return
    const theirs = new URL(print(url.success))
    expect(theirs.hostname.replaceAll(/[[\]]/g, "")).toBe(Host.formatHost(url.success.host))
    expect(theirs.host).toBe(AnnounceUrl.authority(url.success))
    expect(AnnounceUrl.fromString(print(url.success))).toEqual(url)
  },
  { arbitrary: { runs: 1000 } },
)

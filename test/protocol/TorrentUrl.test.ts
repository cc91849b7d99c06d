/** How the address of a `.torrent` file is shown. */
import { assert, describe, it } from "@effect/vitest"
import { TorrentUrl } from "@unchoke/protocol"
import { Effect, Schema } from "effect"

const cases: ReadonlyArray<readonly [string, string]> = [
  ["https://site.example/ubuntu.torrent", "https://site.example/ubuntu.torrent"],
  ["https://site.example/rss/download/SECRET/name.torrent?a=b", "https://site.example/…/name.torrent?…"],
  ["https://site.example/download.php?id=1&passkey=SECRET", "https://site.example/…?…"],
  ["https://me:SECRET@site.example:8080/a/b.torrent#SECRET", "https://site.example:8080/…/b.torrent"],
  ["https://site.example/0123456789abcdef0123456789abcdef.torrent", "https://site.example/….torrent"],
  ["https://site.example/SECRET", "https://site.example/…"],
  ["https://site.example/", "https://site.example/"],
  ["https://site.example", "https://site.example"],
  ["", ""],
]

const Key = Schema.String.check(Schema.isPattern(/^[a-zA-Z0-9_~-]{8,40}$/)).check(
  Schema.makeFilter((text: string) => !/site|example|torrent|name/i.test(text)),
)
const Shape = Schema.Literals([
  "https://site.example/KEY/name.torrent",
  "https://site.example/rss/KEY/more/name.torrent?x",
  "https://site.example/name.torrent?passkey=KEY",
  "https://KEY:KEY@site.example/name.torrent",
  "https://site.example/dl/KEY",
])

describe("TorrentUrl", () => {
  for (const [url, shown] of cases) it(`is shown: ${url}`, () => assert.strictEqual(TorrentUrl.shown(url), shown))

  it.effect.prop("shows no key, wherever it is, and always the host", [Key, Shape], ([key, shape]) =>
    Effect.sync(() => {
      const shown = TorrentUrl.shown(shape.replaceAll("KEY", key))
      assert.notInclude(shown, key)
      assert.include(shown, "site.example")
    }),
  )

  it("is called without the user, who is told apart", () => {
    assert.deepStrictEqual(TorrentUrl.withoutUser("http://a%40b:c:d@h/x@y"), {
      url: "http://h/x@y",
      user: { name: "a@b", password: "c:d" },
    })
    for (const url of ["http://h/x@y", "http://h?a@b", "no address"]) {
      assert.deepStrictEqual(TorrentUrl.withoutUser(url), { url })
    }
  })
})

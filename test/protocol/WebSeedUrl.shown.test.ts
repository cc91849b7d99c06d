import { assert, describe, it } from "@effect/vitest"
import { WebSeedUrl } from "@unchoke/protocol"
import { Effect, Schema } from "effect"

const cases: ReadonlyArray<readonly [string, string]> = [
  ["https://mirror.example/debian/12.1/a%20folder/", "https://mirror.example/debian/12.1/a%20folder/"],
  ["http://mirror.example:8080/some/where?key=a%20b", "http://mirror.example:8080/some/where?…"],
  ["https://mirror.example/?", "https://mirror.example/"],
  ["https://me:secret@mirror.example/film.mkv#secret", "https://mirror.example/film.mkv"],
  ["https://private.example/dl/0123456789abcdef0123456789abcdef/film.mkv", "https://private.example/dl/…/film.mkv"],
  ["https://archive.example/internationalizations/", "https://archive.example/internationalizations/"],
  ["http://[2001:db8::1]/x", "http://[2001:db8::1]/x"],
  ["", ""],
]

const Key = Schema.String.check(Schema.isPattern(/^[a-f]\d[\da-f]{18,38}$/))
const Shape = Schema.Literals([
  "https://w.example/?token=KEY",
  "https://w.example/a?b=c&KEY",
  "https://KEY@w.example/",
  "https://KEY:KEY@w.example/film",
  "https://w.example/dl/KEY/film",
  "https://w.example/KEY",
  "https://w.example/film-KEY.mkv",
  "ftp://w.example/film?KEY#KEY",
])

describe("WebSeedUrl.shown", () => {
  for (const [url, shown] of cases) it(url, () => assert.strictEqual(WebSeedUrl.shown(url), shown))

  it.effect.prop("never tells a key, wherever it is, and always the host", [Key, Shape], ([key, shape]) =>
    Effect.sync(() => {
      const shown = WebSeedUrl.shown(shape.replaceAll("KEY", key))
      assert.notInclude(shown, key)
      assert.include(shown, "w.example")
    }),
  )

  it.effect.prop("nor does what a server says that repeats it, in whichever case", [Key, Shape], ([key, shape]) =>
    Effect.sync(() => {
      for (const said of [key, key.toUpperCase()]) {
        const told = WebSeedUrl.without(shape.split("#")[0]!.replaceAll("KEY", key), `The key ${said} is not known.`)
        assert.strictEqual(told, "The key … is not known.")
      }
    }),
  )
})

import { assert, describe, it } from "@effect/vitest"
import { AnnounceUrl } from "@unchoke/protocol"
import { Effect, Schema } from "effect"

const cases: ReadonlyArray<readonly [string, string]> = [
  ["udp://tracker.example.org:6969/announce", "udp://tracker.example.org:6969/announce"],
  ["http://tracker.example.org/announce.php", "http://tracker.example.org/announce.php"],
  ["https://private.example/0123456789abcdef0123456789abcdef/announce", "https://private.example/…/announce"],
  ["https://private.example/announce/0123456789abcdef", "https://private.example/announce/…"],
  ["https://private.example/a/key/more/announce", "https://private.example/a/…/announce"],
  ["https://private.example:2710/announce.php?passkey=abc&x=1#y", "https://private.example:2710/announce.php?…"],
  ["https://me:secret@private.example/announce", "https://private.example/announce"],
  ["wss://private.example/0123456789", "wss://private.example/…"],
  ["http:/0123456789/announce", "http:/…/announce"],
  ["http:0123456789/announce", "…/announce"],
  ["private.example/0123456789/announce", "private.example/…/announce"],
  ["http://[2001:db8::1]:80/announce", "http://[2001:db8::1]:80/announce"],
  ["", ""],
]

const Key = Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_~-]{8,40}$/)).check(
  Schema.makeFilter((text: string) => !/announce|scrape|tracker/i.test(text)),
)
const Shape = Schema.Literals([
  "https://t.example/KEY/announce",
  "https://t.example/announce?passkey=KEY",
  "https://t.example/announce/KEY",
  "http://t.example:81/announce.php?a=1&pid=KEY",
  "udp://t.example:1/KEY",
  "https://KEY:KEY@t.example/announce",
  "ftp://t.example/KEY/announce",
  "https://t.example/%41KEY/announce",
])

describe("AnnounceUrl.shown", () => {
  for (const [url, shown] of cases) it(url, () => assert.strictEqual(AnnounceUrl.shown(url), shown))

  it.effect.prop("never tells a pass key, wherever it is, and always the host", [Key, Shape], ([key, shape]) =>
    Effect.sync(() => {
      const shown = AnnounceUrl.shown(shape.replaceAll("KEY", key))
      assert.notInclude(shown, key)
      assert.include(shown, "t.example")
    }),
  )

  it.effect.prop("nor does what a tracker says that repeats it", [Key, Shape], ([key, shape]) =>
    Effect.sync(() => {
      if (/@|%/.test(shape)) return
      const said = AnnounceUrl.without(shape.replaceAll("KEY", key), `The pass key ${key} is not known.`)
      assert.notInclude(said, key)
      assert.include(said, "is not known")
    }),
  )

  it.effect.prop(
    "nor where it is shortened, in whichever case, and in the midst of whatever else",
    [Key, Shape, Schema.Int.check(Schema.isBetween({ minimum: 8, maximum: 40 })), Schema.Int, Schema.Boolean],
    ([key, shape, length, from, isLower]) =>
      Effect.sync(() => {
        if (/@|%/.test(shape)) return
        const at = Math.abs(from) % (Math.max(0, key.length - length) + 1)
        const part = key.slice(at, at + length)
        const repeated = isLower ? part.toLowerCase() : part.toUpperCase()
        const url = shape.replaceAll("KEY", key)
        for (const [before, behind] of [
          ["unknown key ", "..., who are you?"],
          ["<", ">"],
        ] as const) {
          assert.strictEqual(AnnounceUrl.without(url, before + repeated + behind), `${before}…${behind}`)
          const twice = AnnounceUrl.without(url, `${before}${repeated}${behind}${before}${repeated}${behind}`)
          assert.strictEqual(twice, `${before}…${behind}${before}…${behind}`)
        }
        assert.strictEqual(AnnounceUrl.without(url, "torrent not registered"), "torrent not registered")
      }),
  )
})

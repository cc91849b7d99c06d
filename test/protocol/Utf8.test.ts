import { expect, it } from "@effect/vitest"
import { Utf8 } from "@unchoke/protocol"
import { Schema } from "effect"

const Text = Schema.String.check(Schema.makeFilter((text) => text.isWellFormed()))

it.prop("a text survives its bytes", [Text], ([text]) => {
  const bytes = Utf8.fromText(text)
  expect(Buffer.from(bytes)).toEqual(Buffer.from(text))
  expect(Utf8.decode(bytes)).toEqual({ text, repaired: false })
})

it.prop("bytes are repaired exactly where they are not UTF-8", [Schema.Uint8Array], ([bytes]) => {
  const { repaired, text } = Utf8.decode(bytes)
  const isValid = (() => {
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes)
      return true
    } catch {
      return false
    }
  })()
  expect(repaired).toBe(!isValid)
  expect(text.isWellFormed()).toBe(true)
})

it.each([
  ["a byte that leads nothing", [0x61, 0xff, 0x62], "a_b"],
  ["a continuation byte on its own", [0x61, 0x80, 0x62], "a_b"],
  ["an overlong slash", [0xc0, 0xaf], "_"],
  ["a surrogate", [0xed, 0xa0, 0x80], "_"],
  ["a code point above U+10FFFF", [0xf4, 0x90, 0x80, 0x80], "_"],
  ["a lead byte swallows as many bytes as it announces", [0xe3, 0x61, 0x62, 0x63], "_c"],
  ["a five-byte form", [0xf8, 0x88, 0x80, 0x80, 0x80, 0x61], "_a"],
  ["a sequence cut off by the end", [0x61, 0xe3, 0x81], "a_"],
])("%s becomes an underscore, as in libtorrent", (_, bytes, text) => {
  expect(Utf8.decode(Uint8Array.from(bytes))).toEqual({ text, repaired: true })
})

it("long texts are put together from several runs", () => {
  const text = "x".repeat(4095) + "\u{1f600}".repeat(5000) + "end"
  expect(Utf8.toText(Buffer.from(text))).toBe(text)
})

it("a lone surrogate is written as U+FFFD", () => {
  expect(Buffer.from(Utf8.fromText("a\ud800b"))).toEqual(Buffer.from("a\ufffdb"))
})

import { expect, it } from "@effect/vitest"
import { FilePath } from "@unchoke/protocol"
import { Result } from "effect"

const safe = (name: string | Uint8Array) =>
  Result.match(FilePath.safeName(typeof name === "string" ? Buffer.from(name) : name), {
    onSuccess: (name) => name,
    onFailure: (fault) => ({ fault }),
  })

it.each([
  "Icon\r",
  ".hidden",
  "..two dots",
  "a..b",
  "日本語.txt",
  "e\u0301",
  "C",
  "a:b",
  "what? *really*",
  " leading",
  "con1",
  "console",
  "R.E.M.",
  "Vol. 1. ",
  "...",
  " ",
  "CON",
  "aux.c",
])("keeps %j", (name) => {
  expect(safe(name)).toBe(name)
})

it.each(["..", "../x", "/../x", "a/../b", "..\\x", "a\\..", "C:", "c:\\x", "C:/x", "/C:/x", "C\u202e:"])(
  "refuses %j, which leaves the folder",
  (name) => {
    expect(safe(name)).toEqual({ fault: "leaves the download folder" })
  },
)

it("refuses a NUL", () => {
  expect(safe("a\0b")).toEqual({ fault: "contains a NUL" })
})

it.each([
  ["AC/DC", "ACDC"],
  ["/mu/ core", "mu core"],
  ["/etc/passwd", "etcpasswd"],
  ["\\\\server\\share", "servershare"],
  ["txt.\u202eexe", "txt.exe"],
])("makes %j safe: %j", (name, expected) => {
  expect(safe(name)).toBe(expected)
})

it.each(["", "/", "///", ".", "./", "./.", "\u202e", ".\u202e."])("of %j nothing is left", (name) => {
  expect(safe(name)).toBe("")
})

it("repairs what is not UTF-8", () => {
  expect(safe(Uint8Array.of(0x61, 0xff, 0x62))).toBe("a_b")
  expect(safe(Uint8Array.of(0xc0, 0xae, 0xc0, 0xae))).toBe("__")
})

it.each([
  ["plain.txt", "plain.txt"],
  ["R.E.M.", "R.E.M"],
  ["Vol. 1. ", "Vol. 1"],
  ["...", "_"],
  [" ", "_"],
  ["Icon\r", "Icon_"],
  ['what? is: *this* | <that> "?', "what_ is_ _this_ _ _that_ __"],
  ["con", "_con"],
  ["NUL.txt", "_NUL.txt"],
  ["Lpt9", "_Lpt9"],
  ["COM1 .log", "_COM1 .log"],
  ["CON...", "_CON"],
  [`con.${"x".repeat(251)}`, `_on.${"x".repeat(251)}`],
])("on a disk that does not take every name %j is %j", (name, expected) => {
  expect(FilePath.portableName(name)).toBe(expected)
  expect(FilePath.portableName(expected)).toBe(expected)
})

it("cuts long names between characters as libtorrent does, and keeps their extension", () => {
  expect(safe("x".repeat(255))).toBe("x".repeat(255))
  expect(safe("x".repeat(256))).toBe("x".repeat(240))
  expect(safe(`${"x".repeat(300)}.torrent`)).toBe(`${"x".repeat(240)}.torrent`)
  expect(safe(`${"x".repeat(300)}.longextension`)).toBe("x".repeat(240))
  expect(safe(`${"é".repeat(200)}.mkv`)).toBe(`${"é".repeat(120)}.mkv`)
  expect(safe("\u{1f600}".repeat(100))).toBe("\u{1f600}".repeat(60))
  expect(safe(`${"x".repeat(239)}é${"y".repeat(30)}`)).toBe(`${"x".repeat(239)}é`)
})

it("numbers go in front of the extension, within the longest length", () => {
  expect(FilePath.numbered("a.txt", 1)).toBe("a.1.txt")
  expect(FilePath.numbered(".hidden", 2)).toBe(".2.hidden")
  expect(FilePath.numbered("A sentence. with dots", 1)).toBe("A sentence.1. with dots")
  expect(FilePath.numbered("R.E.M.", 1)).toBe("R.E.M.1.")
  expect(FilePath.numbered("x".repeat(255), 10)).toBe(`${"x".repeat(252)}.10`)
  expect(FilePath.numbered(`a.${"x".repeat(253)}`, 1)).toBe(`a.${"x".repeat(251)}.1`)
})

it.each([
  ["README", "readme"],
  ["É", "é"],
  ["é", "e\u0301"],
  ["STRASSE", "straße"],
  ["ſ", "s"],
  ["ẞ", "ß"],
])("%j and %j may be one file on some disk", (a, b) => {
  expect(FilePath.foldedKey(a)).toBe(FilePath.foldedKey(b))
})

it("whatever the case of a character, it may be the same file", () => {
  for (let point = 0; point < 0x110000; point++) {
    const character = String.fromCodePoint(point)
    const key = FilePath.foldedKey(character)
    if (FilePath.foldedKey(character.toLowerCase()) !== key) expect.fail(`lower case of ${character}`)
    if (FilePath.foldedKey(character.toUpperCase()) !== key) expect.fail(`upper case of ${character}`)
    if (FilePath.foldedKey(character.normalize("NFD")) !== key) expect.fail(`parts of ${character}`)
  }
})

it("of a name of millions of characters both ends count", () => {
  const name = (text: string) => Result.getOrThrow(FilePath.safeName(Buffer.from(text)))
  expect(name(`start${"x".repeat(3_000_000)}.bin`)).toMatch(/^startx+\.bin$/)
  expect(name(`start${"/x".repeat(3_000_000)}.bin`)).toMatch(/^startx+\.bin$/)
  expect(name(`x${"/".repeat(2046)}\u{1f600}${"/".repeat(3_000_000)}.bin`)).toBe("x\ufffd.bin")
})

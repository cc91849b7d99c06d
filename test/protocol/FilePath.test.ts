import { expect, it } from "@effect/vitest"
import { FilePath } from "@unchoke/protocol"
import { Result } from "effect"

const safe = (name: string | Uint8Array) =>
  Result.match(FilePath.safeName(typeof name === "string" ? Buffer.from(name) : name), {
    onSuccess: ({ name }) => name,
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
])("keeps %j", (name) => {
  expect(safe(name)).toBe(name)
})

it.each(["..", "../x", "a/../b", "..\\x", "a\\..", "/etc/passwd", "\\\\server\\share", "C:", "c:\\x", "C:/x"])(
  "refuses %j, which leaves the folder",
  (name) => {
    expect(safe(name)).toEqual({ fault: "leaves the download folder" })
  },
)

it("refuses a NUL", () => {
  expect(safe("a\0b")).toEqual({ fault: "contains a NUL" })
})

it.each([
  ["", "_"],
  [".", "_"],
  ["...", "_"],
  [" ", "_"],
  ["AC/DC", "ACDC"],
  ["back\\slash", "backslash"],
  ["name. . ", "name"],
  ["txt.\u202eexe", "txt.exe"],
  [".\u202e.", "_"],
  ["con", "_con"],
  ["NUL.txt", "_NUL.txt"],
  ["Lpt9", "_Lpt9"],
  ["COM1 .log", "_COM1 .log"],
  ["CON...", "_CON"],
])("makes %j safe: %j", (name, expected) => {
  expect(safe(name)).toBe(expected)
})

it("repairs what is not UTF-8, and still tells such names apart", () => {
  expect(safe(Uint8Array.of(0x61, 0xff, 0x62))).toBe("a_b")
  expect(safe(Uint8Array.of(0xc0, 0xae, 0xc0, 0xae))).toBe("__")
  const identities = [Uint8Array.of(0xff), Uint8Array.of(0xfe), Buffer.from("_")].map(
    (bytes) => Result.getOrThrow(FilePath.safeName(bytes)).identity,
  )
  expect(new Set(identities).size).toBe(3)
})

it("cuts long names between characters, and keeps their extension", () => {
  expect(safe("x".repeat(255))).toBe("x".repeat(255))
  expect(safe("x".repeat(256))).toBe("x".repeat(240))
  expect(safe(`${"x".repeat(300)}.torrent`)).toBe(`${"x".repeat(232)}.torrent`)
  expect(safe(`${"é".repeat(200)}.mkv`)).toBe(`${"é".repeat(118)}.mkv`)
  expect(safe("\u{1f600}".repeat(100))).toBe("\u{1f600}".repeat(60))
  expect(safe(`${" ".repeat(300)}x`)).toBe("_")
})

it("numbers go in front of the extension, within the longest length", () => {
  expect(FilePath.numbered("a.txt", 1)).toBe("a.1.txt")
  expect(FilePath.numbered(".hidden", 2)).toBe(".hidden.2")
  expect(FilePath.numbered("x".repeat(255), 10)).toBe(`${"x".repeat(252)}.10`)
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

it("cutting a name does not lay bare a device", () => {
  const name = (text: string) => Result.getOrThrow(FilePath.safeName(Buffer.from(text))).name
  expect(name(`con${" ".repeat(300)}x`)).toBe("_con")
  expect(name(`con.${"x".repeat(251)}`)).toBe(`_con.${"x".repeat(235)}`)
  const hidden = name(`aux${" ".repeat(251)}x`)
  expect(FilePath.numbered(hidden, 1)).toMatch(/^_aux +\.1$/)
  expect(FilePath.numbered(hidden, 1)).toHaveLength(255)
})

it("of a name of millions of characters both ends count", () => {
  const name = (text: string) => Result.getOrThrow(FilePath.safeName(Buffer.from(text))).name
  expect(name(`start${"x".repeat(3_000_000)}.bin`)).toMatch(/^startx+\.bin$/)
  expect(name(`start${"/x".repeat(3_000_000)}.bin`)).toMatch(/^startx+\.bin$/)
  expect(name(`x${"/".repeat(2046)}\u{1f600}${"/".repeat(3_000_000)}.bin`)).toBe("x\ufffd.bin")
})

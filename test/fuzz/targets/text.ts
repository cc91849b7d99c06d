/** UTF-8 from outside, and names made safe. */
import { FilePath, Utf8 } from "@unchoke/protocol"
import { Result } from "effect"
import { check } from "../oracles/check.ts"
import { checkName, checkPortable } from "../oracles/SafePaths.ts"
import { latin1 } from "../oracles/samples.ts"
import type { Target } from "./Target.ts"

export const text: Target = {
  name: "text",
  shape: "text",
  maxLength: 1024,
  workPerByte: 250,
  samples: () =>
    [
      "plain.txt",
      "gr\xc3\xb6\xc3\x9fe \xe5\xa4\xa7\xe3\x81\x8d\xe3\x81\x95.bin",
      "\xf0\x9f\x98\x80\xf8\x88\x80\x80\x80",
      "\xc0\xaf\xe0\x80\xaf\xed\xa0\x80\xf4\x90\x80\x80\xff",
      "\xef\xbb\xbfbom",
      "a/../b",
      "C:\\x",
      "con .txt. ",
      `${"\xc3\xa9".repeat(130)}.bin`,
      `${"x".repeat(250)}.${"y".repeat(20)}`,
      "\xe2\x80\xaeexe.txt",
    ].map(latin1),
  run: (bytes) => {
    const { repaired, text } = Utf8.decode(bytes)
    const standard = standardText(bytes)
    check(repaired === (standard === undefined), "valid to one, invalid to the other", text, standard)
    if (standard !== undefined) check(text === standard, "another text than the standard's", text, standard)
    check(text.isWellFormed(), "half a character", text)
    const encoded = Utf8.fromText(text)
    check(
      Buffer.from(text).equals(encoded) && Utf8.byteLength(text) === encoded.length,
      "a text does not survive its bytes",
      text,
    )
    // Half a character, as JavaScript's own strings can have it.
    const units = String.fromCharCode(...bytes, 0xd800, ...bytes.subarray(0, 2))
    check(Buffer.from(units).equals(Utf8.fromText(units)), "another encoding than the standard's", units)
    check(Utf8.oneToOne(bytes) === Buffer.from(bytes).toString("latin1"), "not one to one")
    const safe = FilePath.safeName(bytes)
    const escapes = text.split(/[/\\]/).includes("..") || /^[/\\]*[a-z]:(?:[/\\]|$)/i.test(text)
    check(Result.isFailure(safe) || !escapes, "a name that leaves its folder", text)
    if (Result.isFailure(safe)) return
    const name = safe.success
    if (name === "") return check(!/[^/\\.\u200e\u200f\u202a-\u202e]/.test(text), "nothing is left of a name", text)
    const portable = FilePath.portableName(name)
    for (const kept of [name, portable]) {
      for (const one of [kept, ...[1, 10, 999_999].map((number) => FilePath.numbered(kept, number))]) {
        checkName(one)
        checkName(FilePath.portableName(one))
        checkPortable(FilePath.portableName(one))
      }
      const [one, two] = [1, 2].map((number) => FilePath.portableName(FilePath.numbered(kept, number)))
      check(one !== two, "numbers that tell nothing apart", kept)
    }
    check(FilePath.portableName(portable) === portable, "portable, and not yet", portable)
  },
}

const standardText = (bytes: Uint8Array): string | undefined => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

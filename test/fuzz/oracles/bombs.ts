/** Inputs that are made to hurt: each of a size that is asked for, so that its cost can be compared with that of one twice as big. */
import { latin1 } from "./samples.ts"

/** A bomb of about so many bytes. */
export type Bomb = (bytes: number) => Uint8Array

/** What a reader of `.torrent` files may be given. */
export const torrentBombs: Readonly<Record<string, Bomb>> = {
  "lists in lists": (bytes) => filled("l", bytes),
  "dictionaries in dictionaries": (bytes) => repeated(bytes, () => "d1:a"),
  "nothing but empty strings": (bytes) =>
    between(
      "l",
      repeated(bytes, () => "0:"),
      "e",
    ),
  "as many values as are let in": (bytes) =>
    between(
      "l",
      repeated(bytes, () => "9:abcdefghi"),
      "e",
    ),
  "an endless integer": (bytes) => between("i", filled("9", bytes), "e"),
  "an endless length": (bytes) => between("", filled("9", bytes), ":"),
  "zeros before a length": (bytes) => between("", filled("0", bytes), "1:a"),
  "keys beside info": (bytes) => torrent(single, repeated(bytes, key)),
  "keys in info": (bytes) => torrent(between(single, repeated(bytes, key), "")),
  "keys in a file": (bytes) => filesOf(between(`d6:lengthi${length}e4:pathl1:ae`, repeated(bytes, key), "e")),
  "one long key": (bytes) => torrent(single, between(`${bytes}:`, filled("k", bytes), "i0e")),
  "files in one folder": (bytes) => filesOf(repeated(bytes, (i) => file(digits(i)))),
  "files in folders of their own": (bytes) => filesOf(repeated(bytes, (i) => file(digits(i), "a"))),
  "files of one name but for its case": (bytes) => filesOf(repeated(bytes, (i) => file(inSomeCase(i)))),
  "files of one name": (bytes) => filesOf(repeated(bytes, () => file("same.bin"))),
  "files that are folders as well": (bytes) =>
    filesOf(repeated(bytes, (i) => (i % 2 ? file("both", "same.bin") : file("both")))),
  "files of one long name but for its middle": (bytes) =>
    filesOf(repeated(bytes, (i) => file(`${"x".repeat(250)}${digits(i)}${"y".repeat(20)}.bin`))),
  "files that repair to one name": (bytes) => filesOf(repeated(bytes, (i) => file(notText(i)))),
  "deep folders of their own": (bytes) =>
    filesOf(repeated(bytes, (i) => file(digits(i), ...Array.from({ length: 30 }, () => "a")))),
  "folders within folders": (bytes) =>
    filesOf(
      between(
        `d6:lengthi${length}e4:pathl`,
        repeated(bytes, () => "1:a"),
        "ee",
      ),
    ),
  "padding files": (bytes) => filesOf(repeated(bytes, () => `d4:attr1:p6:lengthi${length}e4:pathl1:pee`)),
  "one long name": (bytes) => torrent(between(`6:lengthi${length}e4:name${bytes}:`, filled("n", bytes), pieceLength)),
  "one long name that is not text": (bytes) =>
    torrent(between(`6:lengthi${length}e4:name${bytes}:`, filled("\xff", bytes), pieceLength)),
  "one long name of dots": (bytes) =>
    torrent(between(`6:lengthi${length}e4:name${bytes + 1}:x`, filled(". ", bytes), pieceLength)),
  "one long name of separators": (bytes) =>
    torrent(between(`6:lengthi${length}e4:name${bytes + 1}:x`, filled(".\\", bytes), pieceLength)),
  "tiers of trackers": (bytes) =>
    torrent(single, announceList(repeated(bytes, (i) => `l20:http://a/${digits(i).padStart(11, "0")}e`))),
  "trackers in one tier": (bytes) =>
    torrent(
      single,
      announceList(
        between(
          "l",
          repeated(bytes, (i) => `20:http://a/${digits(i).padStart(11, "0")}`),
          "e",
        ),
      ),
    ),
  "one tracker again and again": (bytes) => torrent(single, announceList(repeated(bytes, () => "l8:http://ae"))),
  "a long tracker": (bytes) => torrent(single, announceList(between(`l${bytes}:`, filled("http://", bytes), "e"))),
  "a long comment": (bytes) => torrent(single, between(`7:comment${bytes}:`, filled("\xe2\x80\xae", bytes), "")),
  "hashes for nothing": (bytes) =>
    torrent(between(`6:lengthi${length}e4:name1:a12:piece lengthi16384e6:pieces${bytes}:`, filled("h", bytes), "")),
  "hashes of as many pieces": (bytes) => {
    const pieces = Math.floor(bytes / 20)
    return torrent(
      between(
        `6:lengthi${pieces * 16_384}e4:name1:a12:piece lengthi16384e6:pieces${pieces * 20}:`,
        filled("h", pieces * 20),
        "",
      ),
    )
  },
}

/** What a peer may say, in bytes as they come over the wire. */
export const messageBombs: Readonly<Record<string, Bomb>> = {
  "keep-alives": (bytes) => filled("\0", bytes),
  "choke and unchoke": (bytes) => repeated(bytes, (i) => `\0\0\0\x01${i % 2 ? "\0" : "\x01"}`),
  have: (bytes) => repeated(bytes, () => "\0\0\0\x05\x04\0\0\0\x07"),
  "have all and have none": (bytes) => repeated(bytes, (i) => `\0\0\0\x01${i % 2 ? "\x0e" : "\x0f"}`),
  "extended handshakes": (bytes) => repeated(bytes, () => "\0\0\0\x08\x14\0d1:mdee"),
  "one long extended handshake": (bytes) => extended(between(`d1:v${bytes}:`, filled("\xe2\x80\xae", bytes), "e")),
  "an extended handshake of many values": (bytes) =>
    extended(
      between(
        "d1:ml",
        repeated(bytes, () => "0:"),
        "ee",
      ),
    ),
  "an extended handshake of many extensions": (bytes) => extended(between("d1:md", repeated(bytes, key), "ee")),
  "an unknown message": (bytes) => between("", framed("\xff", filled("x", bytes)), ""),
}

const framed = (id: string, payload: Uint8Array): Uint8Array => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(payload.length + id.length)
  return between("", between(new Uint8Array(length), latin1(id), ""), payload)
}

const extended = (payload: Uint8Array): Uint8Array => framed("\x14\0", payload)

const length = 1
const pieceLength = `12:piece lengthi${2 ** 29}e6:pieces20:${"h".repeat(20)}`
const single = `6:lengthi${length}e4:name1:a${pieceLength}`

const digits = (i: number): string => i.toString(10)

const key = (i: number): string => `11:${digits(i).padStart(11, "k")}i0e`

const file = (...path: ReadonlyArray<string>): string =>
  `d6:lengthi${length}e4:pathl${path.map((name) => `${name.length}:${name}`).join("")}ee`

/** Another mix of cases for each number. */
const inSomeCase = (i: number): string => Array.from({ length: 20 }, (_, bit) => ((i >> bit) & 1 ? "A" : "a")).join("")

/** Another run of bytes that are no text for each number. */
const notText = (i: number): string =>
  Array.from({ length: 20 }, (_, bit) => ((i >> bit) & 1 ? "\xfe" : "\xff")).join("")

const torrent = (info: string | Uint8Array, beside: Uint8Array = new Uint8Array(0)): Uint8Array =>
  between("", between("d4:infod", info, "e"), between("", beside, "e"))

const filesOf = (files: Uint8Array): Uint8Array => torrent(between("5:filesl", files, `e4:name1:a${pieceLength}`))

const announceList = (tiers: Uint8Array): Uint8Array => between("13:announce-listl", tiers, "e")

const filled = (pattern: string, bytes: number): Uint8Array => new Uint8Array(Buffer.alloc(bytes, latin1(pattern)))

/** Items until there are so many bytes. */
const repeated = (bytes: number, item: (i: number) => string): Uint8Array => {
  const buffer = Buffer.alloc(bytes)
  let end = 0
  for (let i = 0; ; i++) {
    const text = item(i)
    if (end + text.length > bytes) return new Uint8Array(buffer.subarray(0, end))
    end += buffer.write(text, end, "latin1")
  }
}

const between = (before: string | Uint8Array, middle: string | Uint8Array, after: string | Uint8Array): Uint8Array =>
  new Uint8Array(Buffer.concat([before, middle, after].map((part) => (typeof part === "string" ? latin1(part) : part))))

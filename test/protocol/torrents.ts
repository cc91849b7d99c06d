/** Torrents for tests, made from what a test wants to say about them. */
import { Bencode } from "@unchoke/protocol"

type Input = Bencode.BencodeInputDictionary

/** The `info` of one file of 40 000 bytes in three pieces, with changes; `undefined` takes a member away. */
export const singleFile = (changes: Input = {}): Input => ({
  name: "file.bin",
  "piece length": 16_384,
  pieces: new Uint8Array(3 * 20).fill(7),
  length: 40_000,
  ...changes,
})

/** The `info` of files of so many bytes each, in pieces of 16 KiB. */
export const manyFiles = (
  files: ReadonlyArray<{ readonly path: ReadonlyArray<string | Uint8Array>; readonly length: number } & Input>,
  changes: Input = {},
): Input => ({
  name: "folder",
  "piece length": 16_384,
  pieces: new Uint8Array(20 * Math.ceil(files.reduce((sum, { length }) => sum + length, 0) / 16_384)),
  files,
  ...changes,
})

export const torrent = (info: Bencode.BencodeInput, changes: Input = {}): Uint8Array =>
  Bencode.encode({ announce: "http://tracker.example/announce", info, ...changes })

/** Torrent files: whatever is loaded is consistent, its paths are safe, and its `info` is the bytes that stand in the file. */
import { AnnounceUrl, Bencode, Metainfo } from "@unchoke/protocol"
import { Result } from "effect"
import { check, checkSame, isCount, sameBytes } from "../oracles/check.ts"
import { latin1 } from "../oracles/samples.ts"
import * as Reference from "../oracles/ReferenceBencode.ts"
import { checkName, checkPaths } from "../oracles/SafePaths.ts"
import type { Target } from "./Target.ts"

export const metainfo: Target = {
  name: "metainfo",
  shape: "bencode",
  maxLength: 4096,
  workPerByte: 150,
  samples: () =>
    [
      ...members.map((member) => `d4:infod6:lengthi99e4:name1:a12:piece lengthi99e6:pieces20:${hash}${member}ee`),
      ...files.map((file) => `d4:infod5:filesl${file}e4:name1:a12:piece lengthi16384e6:pieces20:${hash}ee`),
      `d7:comment1:c13:comment.utf-82:\xc3\xa910:created by1:x13:creation datei1e13:announce-listll12:http://a.b/celeu4:infod6:lengthi99e4:name1:a12:piece lengthi99e6:pieces20:${hash}ee`,
      `d8:announce9:http://a 8:announce1:b13:announce-listl5:wss:/e13:creation datei1600000000000000000e4:infod6:lengthi99e4:name0:12:piece lengthi99e6:pieces20:${hash}ee\n`,
      `d4:infod9:file treed1:ad0:d6:lengthi9e11:pieces root32:${"r".repeat(32)}eee12:meta versioni2e4:name1:a12:piece lengthi16384eee`,
    ].map(latin1),
  run: (bytes) => {
    const loaded = Metainfo.fromBytes(bytes)
    if (Result.isFailure(loaded)) {
      const { field, offset, why } = loaded.failure
      check(field !== "" && why !== "", "a fault without words", loaded.failure)
      check(offset === undefined || (offset >= 0 && offset <= bytes.length), "a fault beyond the bytes", loaded.failure)
      return
    }
    const torrent = loaded.success
    checkInfo(bytes, torrent)
    checkData(torrent)
    checkName(torrent.name)
    checkPaths(torrent.files.filter(({ padding }) => !padding).map(({ path }) => path))
    for (const { path } of torrent.files) check(path[0] === torrent.name, "a file outside the torrent's folder", path)
    for (const { length, link } of torrent.files) {
      if (link === undefined || link.length === 0) continue
      checkPaths([link])
      check(length === 0 && link[0] === torrent.name, "a link out of the torrent", link)
    }
    checkTexts(torrent)
    const again = Metainfo.toBytes(torrent)
    checkSame(
      Result.map(Metainfo.fromBytes(again), detached),
      Result.map(loaded, detached),
      "a torrent does not survive its bytes",
    )
  },
}

const hash = "h".repeat(20)

/** What else `info` may hold. */
const members = [
  "7:privatei1e",
  "12:meta versioni2e",
  "10:name.utf-82:\xc3\xa9",
  "6:source3:xyz",
  "4:attr1:x",
  "1:x9:\xda\x39\xa3\xee\x5e\x6b\x4b\x0d\x32",
]

/** What the files of a torrent look like. */
const files = [
  "d6:lengthi9e4:pathl1:aee",
  "d6:lengthi9e4:pathl1:a1:beed6:lengthi0e4:pathl1:A1:Bee",
  "d4:attr1:p6:lengthi9e4:pathl4:.pad1:9eed6:lengthi1e4:pathl1:zee",
  "d6:lengthi9e4:pathl22:_____padding_file_1_xxeed6:lengthi1e4:pathl1:zee",
  "d4:attr1:l6:lengthi0e4:pathl1:ae12:symlink pathl1:beed6:lengthi1e4:pathl1:zee",
  "d6:lengthi9e4:pathl1:ae10:path.utf-8l2:\xc3\xa9e6:md5sum1:m4:sha11:se",
  "d6:lengthi9e4:pathl4:\xff\xfe\xf0\x9feed6:lengthi9e4:pathl4:____ee",
  `d6:lengthi9e4:pathl300:${"n".repeat(296)}.binee`,
  "d6:lengthi9e4:pathl3:coneed6:lengthi9e4:pathl4:_conee",
  "d6:lengthi9e4:pathl1:aeed6:lengthi9e4:pathl1:aeed6:lengthi9e4:pathl1:a1:bee",
  "d6:lengthi9e4:pathl5:a?.. eed6:lengthi9e4:pathl2:a_eed6:lengthi9e4:pathl4:/mu/1:.0:ee",
  "d5:mtimei99999999999999999999e6:lengthi9e4:pathl1:ae4:pathl1:bee",
]

/** The info hash is taken over these bytes. */
const checkInfo = (bytes: Uint8Array, { info }: Metainfo.Metainfo): void => {
  const [tree, ...more] = Reference.members(Reference.parse(bytes), "info")
  check(tree?.kind === "dictionary", "a torrent without `info`")
  check(more.length === 0, "a torrent with two of `info`")
  for (const key of ["pieces", "files", "length"]) {
    check(Reference.members(tree, key).length <= 1, "a torrent that is another one to others", key)
  }
  check(sameBytes(info, bytes.subarray(tree!.start, tree!.end)), "not the bytes of `info` as they stand in the file")
  check(info.buffer === bytes.buffer, "`info` was copied")
}

const checkData = ({ files, geometry, pieceHashes }: Metainfo.Metainfo): void => {
  const { length, pieceLength, pieces } = geometry
  check(isCount(length) && length > 0, "nothing to download", length)
  check(isCount(pieceLength, Metainfo.maxPieceLength) && pieceLength > 0, "no piece length", pieceLength)
  check(
    BigInt(pieces) === (BigInt(length) + BigInt(pieceLength) - 1n) / BigInt(pieceLength),
    "a wrong number of pieces",
    geometry,
  )
  check(pieceHashes.length === 20 * pieces, "a wrong number of hashes", pieceHashes.length, geometry)
  let end = 0
  for (const file of files) {
    check(file.offset === end && isCount(file.length), "a file at the wrong place", file)
    end += file.length
  }
  check(end === length, "the files are not the data", end, length)
}

const checkTexts = (torrent: Metainfo.Metainfo): void => {
  const { comment, createdBy, creationDate, trackers, unknown, unknownInfo, unusedTrackers, unusedWebSeeds, webSeeds } =
    torrent
  const urls = trackers.flat()
  check(new Set(urls).size === urls.length, "a tracker twice", urls)
  check(
    trackers.every((tier) => tier.length > 0),
    "an empty tier",
    trackers,
  )
  check(urls.length <= 100, "more trackers than are called", urls.length)
  for (const url of urls) check(Result.isSuccess(AnnounceUrl.fromString(url)), "cannot be called", url)
  for (const { url, why } of unusedTrackers) check(!urls.includes(url) && why !== "", "not used, and used", url)
  check(new Set(webSeeds).size === webSeeds.length && webSeeds.length <= 50, "a web seed twice, or too many", webSeeds)
  for (const url of webSeeds) check(Result.isSuccess(AnnounceUrl.fromString(url)), "cannot be asked", url)
  for (const { url, why } of unusedWebSeeds) check(!webSeeds.includes(url) && why !== "", "not asked, and asked", url)
  for (const text of [comment, createdBy, ...urls, ...unusedTrackers.map(({ url }) => url)])
    check(text?.isWellFormed() ?? true, "half a character", text)
  check(creationDate === undefined || isCount(creationDate), "an impossible date", creationDate)
  for (const raw of [...unknown.values(), ...unknownInfo.values()]) {
    check(Result.isSuccess(Bencode.scan(raw)), "an unknown member that is not bencode")
  }
}

/** Without views of other bytes, which are the same only in what they show. */
const detached = (torrent: Metainfo.Metainfo) => ({
  ...torrent,
  info: torrent.info.slice(),
  pieceHashes: torrent.pieceHashes.slice(),
  unknown: Array.from(torrent.unknown, ([key, raw]) => [key, raw.slice()] as const).toSorted(),
  unknownInfo: Array.from(torrent.unknownInfo, ([key, raw]) => [key, raw.slice()] as const),
})

/**
 * What a `.torrent` file says (BEP 3, 12, 27, 47), and a codec for it as a Schema.
 *
 * Strict where a mistake would harm (hashes, lengths, paths), tolerant elsewhere: an optional member that makes no sense counts as absent, unknown
 * members are kept. Nothing is copied: hashes, `info` and unknown members are views of the bytes that were read.
 */
import { Effect, Result, Schema, SchemaGetter, SchemaIssue } from "effect"
import * as Bencode from "./Bencode.ts"
import { BencodeView } from "./BencodeView.ts"
import * as Geometry from "./Geometry.ts"
import { type Members, type MetainfoFault, fault, membersOf, text } from "./MetainfoMembers.ts"
import { layout, type TorrentFile } from "./TorrentFile.ts"
import { membersFrom, type TorrentTrackers, trackersOf } from "./TorrentTrackers.ts"
import { type TorrentWebSeeds, urlListFrom, webSeedsOf } from "./TorrentWebSeeds.ts"

export type { MetainfoFault } from "./MetainfoMembers.ts"
export type { TorrentFile } from "./TorrentFile.ts"
export type { UnusedTracker } from "./TorrentTrackers.ts"
export type { UnusedWebSeed } from "./TorrentWebSeeds.ts"

/** A decoded torrent, without its info hash (which takes SHA-1 of `info`). */
export interface Metainfo extends TorrentTrackers, TorrentWebSeeds {
  /** The bytes of the `info` dictionary as they stand in the file: what the info hash is taken over. */
  readonly info: Uint8Array
  /** The name of the file or of the folder, made safe. */
  readonly name: string
  /** Whether the torrent gives that name itself. */
  readonly named: boolean
  /** How long it is, and into which pieces it is cut. */
  readonly geometry: Geometry.Geometry
  /** SHA-1 of each piece, 20 bytes each, one after the other. */
  readonly pieceHashes: Uint8Array
  /** Ascending, without gaps: together they are the torrent's data. */
  readonly files: ReadonlyArray<TorrentFile>
  /** Whether peers may come from the torrent's own trackers only (BEP 27). */
  readonly private: boolean
  /** What whoever made it has to say. */
  readonly comment: string | undefined
  /** The program that made it. */
  readonly createdBy: string | undefined
  /** Seconds since 1970. */
  readonly creationDate: number | undefined
  /** The members beside `info` that are not named here, still encoded: read one with `Bencode.decode`. */
  readonly unknown: ReadonlyMap<string, Uint8Array>
  /** The same of those in `info`. */
  readonly unknownInfo: ReadonlyMap<string, Uint8Array>
}

/** The longest piece that is accepted, in bytes: libtorrent's bound. */
export const maxPieceLength = 512 * 1024 * 1024

/** The longest `.torrent` file that is read, in bytes: six million pieces. */
export const maxLength = 128 * 1024 * 1024

/**
 * Reads a `.torrent` file; a fault names the member that is wrong, and why. One that gives no name is called `nameless`, where other clients put the info hash.
 * What stands behind its last byte is no part of it.
 */
export const fromBytes = (bytes: Uint8Array, nameless = "_"): Result.Result<Metainfo, MetainfoFault> =>
  Result.gen(function* () {
    const root = yield* Result.mapError(BencodeView.fromBytes(bytes, { maxBytes: maxLength }), (broken) =>
      fault("torrent", `is ${Bencode.describe(broken)}`, broken.offset),
    )
    if (!root.isDictionary) return yield* Result.fail(fault("torrent", "is not a dictionary", 0))
    const members = yield* membersOf(root, "", ["info"])
    const info = members.get("info")
    if (info === undefined) return yield* Result.fail(fault("info", "is missing", undefined))
    if (!info.isDictionary) return yield* Result.fail(fault("info", "is not a dictionary", info.start))
    const described = yield* fromInfo(info, nameless)
    return {
      ...described,
      ...trackersOf(members),
      ...webSeedsOf(members),
      comment: text(members, "comment.utf-8") ?? text(members, "comment"),
      createdBy: text(members, "created by"),
      creationDate: creationDateOf(members),
      unknown: without(members, known),
    }
  })

/** The torrent as a `.torrent` file again: `info` byte for byte, the rest in canonical order. */
export const toBytes = (self: Metainfo): Uint8Array => {
  const members = new Map(self.unknown)
  const add = (key: string, value: Bencode.BencodeInput | undefined) => {
    if (value !== undefined) members.set(key, Bencode.encode(value))
  }
  for (const [key, value] of Object.entries(membersFrom(self))) add(key, value)
  add("url-list", urlListFrom(self))
  add("comment", self.comment)
  add("created by", self.createdBy)
  add("creation date", self.creationDate)
  members.set("info", self.info)
  return Bencode.encodeWithRawMembers(members)
}

/** A torrent in memory. */
export const Metainfo = Schema.declare<Metainfo>(
  (value): value is Metainfo =>
    typeof value === "object" && value !== null && "pieceHashes" in value && "geometry" in value && "info" in value,
  { identifier: "Metainfo" },
)

/** The codec `bytes of a .torrent file ⇄ Metainfo`. */
export const FromBytes = Schema.Uint8Array.pipe(
  Schema.decodeTo(Metainfo, {
    decode: SchemaGetter.transformEffect((bytes: Uint8Array, options) =>
      Result.match(fromBytes(bytes), {
        onSuccess: (metainfo) => Effect.succeed(metainfo),
        onFailure: (broken) =>
          Effect.fail(new SchemaIssue.InvalidValue({ message: `${broken.field} ${broken.why}` }, bytes, options)),
      }),
    ),
    encode: SchemaGetter.transform(toBytes),
  }),
)

const known = [
  "announce",
  "announce-list",
  "comment",
  "comment.utf-8",
  "created by",
  "creation date",
  "info",
  "url-list",
]

const knownInfo = ["name", "name.utf-8", "piece length", "pieces", "length", "files", "private"]

type FromInfo = Omit<
  Metainfo,
  keyof TorrentTrackers | keyof TorrentWebSeeds | "comment" | "createdBy" | "creationDate" | "unknown"
>

const fromInfo = (info: BencodeView, nameless: string): Result.Result<FromInfo, MetainfoFault> =>
  Result.gen(function* () {
    const members = yield* membersOf(info, "info.", ["pieces", "files", "length"])
    const version = members.get("meta version")?.integer ?? 1
    if (version > 1 && !members.has("pieces")) {
      const unsupported = fault("info.meta version", `is ${version}, which is not supported yet`, info.start)
      return yield* Result.fail({ ...unsupported, unsupportedVersion: version })
    }
    const pieceLength = yield* pieceLengthOf(members, info)
    const { files, length, name, named } = yield* layout(members, info, nameless)
    const geometry = Geometry.make(pieceLength, length)
    return {
      info: info.raw,
      name,
      named,
      geometry,
      pieceHashes: yield* pieceHashesOf(members, info, geometry),
      files,
      private: (members.get("private")?.integer ?? 0) !== 0,
      unknownInfo: without(members, knownInfo),
    }
  })

const pieceLengthOf = (members: Members, info: BencodeView): Result.Result<number, MetainfoFault> => {
  const view = members.get("piece length")
  const length = view?.integer
  if (view === undefined) return Result.fail(fault("info.piece length", "is missing", info.start))
  if (length === undefined) return Result.fail(fault("info.piece length", "is not an integer below 2^53", view.start))
  if (length <= 0) return Result.fail(fault("info.piece length", `is ${length}`, view.start))
  return length > maxPieceLength
    ? Result.fail(fault("info.piece length", `is ${length}, more than ${maxPieceLength}`, view.start))
    : Result.succeed(length)
}

const hashLength = 20

const pieceHashesOf = (
  members: Members,
  info: BencodeView,
  { length, pieceLength, pieces }: Geometry.Geometry,
): Result.Result<Uint8Array, MetainfoFault> => {
  const view = members.get("pieces")
  const hashes = view?.bytes
  if (view === undefined) return Result.fail(fault("info.pieces", "is missing", info.start))
  if (hashes === undefined) return Result.fail(fault("info.pieces", "is not a byte string", view.start))
  if (hashes.length % hashLength !== 0) {
    return Result.fail(fault("info.pieces", `is ${hashes.length} bytes, not a multiple of ${hashLength}`, view.start))
  }
  const count = hashes.length / hashLength
  if (count === pieces) return Result.succeed(hashes)
  // Some creators end data that fills its last piece with the hash of an empty one; there is nothing to fetch for it.
  const endsEmpty = count === pieces + 1 && length % pieceLength === 0 && isHashOfNothing(hashes.subarray(-hashLength))
  if (endsEmpty) return Result.succeed(hashes.subarray(0, -hashLength))
  const why = `has ${count} hashes, but ${length} bytes in pieces of ${pieceLength} are ${pieces}`
  return Result.fail(fault("info.pieces", why, view.start))
}

const hashOfNothing = [
  0xda, 0x39, 0xa3, 0xee, 0x5e, 0x6b, 0x4b, 0x0d, 0x32, 0x55, 0xbf, 0xef, 0x95, 0x60, 0x18, 0x90, 0xaf, 0xd8, 0x07,
  0x09,
]

const isHashOfNothing = (hash: Uint8Array): boolean => hashOfNothing.every((byte, at) => byte === hash[at])

const creationDateOf = (members: Members): number | undefined => {
  const date = members.get("creation date")?.integer
  return date !== undefined && date >= 0 ? date : undefined
}

const without = (members: Members, keys: ReadonlyArray<string>): ReadonlyMap<string, Uint8Array> =>
  new Map(Array.from(members, ([key, view]) => [key, view.raw] as const).filter(([key]) => !keys.includes(key)))

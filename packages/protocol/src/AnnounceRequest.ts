/** What we tell a tracker, and what it is asked for: the same over HTTP (BEP 3, 7, 23), where it is a query, and over UDP (BEP 15). */
import { Result, Schema } from "effect"
import * as Utf8 from "./Utf8.ts"

/** What the announce is about; `none` is one of the regular ones. */
export const AnnounceEvent = Schema.Literals(["none", "completed", "started", "stopped"])
/** What an announce is about. */
export type AnnounceEvent = typeof AnnounceEvent.Type

const TwentyBytes = Schema.Uint8Array.check(Schema.isMinLength(20), Schema.isMaxLength(20))
const Count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }))
const Uint32 = Schema.Int.check(Schema.isUint32())

/** An announce, as a schema that holds its bounds. */
export const AnnounceRequest = Schema.Struct({
  infoHash: TwentyBytes,
  peerId: TwentyBytes,
  /** The TCP port on which we are called. */
  port: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65_535 })),
  /** Bytes since `started`. */
  uploaded: Count,
  downloaded: Count,
  /** Bytes that are still missing. */
  left: Count,
  event: AnnounceEvent,
  /** How many peers we would like. */
  numWant: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1000 })),
  /** Random, the same for a whole run: how a tracker knows us when our address changes. */
  key: Uint32,
  /** What the tracker told us to say next time. */
  trackerId: Schema.optional(Schema.Uint8Array),
})
/** One announce to one tracker. */
export type AnnounceRequest = typeof AnnounceRequest.Type

/** The request as the query of an URL, without `?`. Compact answers are asked for, and no peer ids. */
export const toQuery = (request: AnnounceRequest): string =>
  [
    `info_hash=${percentEncode(request.infoHash)}`,
    `peer_id=${percentEncode(request.peerId)}`,
    `port=${request.port}`,
    `uploaded=${request.uploaded}`,
    `downloaded=${request.downloaded}`,
    `left=${request.left}`,
    "compact=1",
    "no_peer_id=1",
    `numwant=${request.numWant}`,
    `key=${request.key.toString(16).padStart(8, "0")}`,
    ...(request.event === "none" ? [] : [`event=${request.event}`]),
    ...(request.trackerId === undefined ? [] : [`trackerid=${percentEncode(request.trackerId)}`]),
  ].join("&")

/** Reads a query as a tracker does: members that we do not know are ignored. A string names the member that is missing or wrong. */
export const fromQuery = (query: string): Result.Result<AnnounceRequest, string> =>
  Result.gen(function* () {
    const members = new Map(query.split("&").map((member) => splitOnce(member, "=")))
    const twenty = (name: string) => {
      const bytes = percentDecode(members.get(name) ?? "")
      return bytes.length === 20 ? Result.succeed(bytes) : Result.fail(name)
    }
    const count = (name: string, otherwise?: string) => {
      const text = members.get(name) ?? otherwise ?? ""
      // Who does not know yet what the torrent is may say that all there can be is left (transmission, 2^63 - 1).
      return /^\d{1,20}$/.test(text)
        ? Result.succeed(Math.min(Number(text), Number.MAX_SAFE_INTEGER))
        : Result.fail(name)
    }
    const event = members.get("event") ?? "none"
    const trackerId = members.get("trackerid")
    return {
      infoHash: yield* twenty("info_hash"),
      peerId: yield* twenty("peer_id"),
      port: yield* Result.filterOrFail(
        count("port"),
        (port) => port <= 65_535,
        () => "port",
      ),
      uploaded: yield* count("uploaded", "0"),
      downloaded: yield* count("downloaded", "0"),
      left: yield* count("left", "0"),
      event: AnnounceEvent.literals.find((known) => known === event) ?? "none",
      numWant: Math.min(yield* count("numwant", "50"), 1000),
      key: Number.parseInt(members.get("key") ?? "0", 16) >>> 0,
      ...(trackerId !== undefined && { trackerId: percentDecode(trackerId) }),
    }
  })

const splitOnce = (text: string, separator: string): readonly [string, string] => {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length)]
}

const percentEncode = (bytes: Uint8Array): string => {
  let text = ""
  for (const byte of bytes) {
    const character = String.fromCharCode(byte)
    text += /[\w.~-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`
  }
  return text
}

const percentDecode = (text: string): Uint8Array => {
  const bytes: Array<number> = []
  for (let at = 0; at < text.length; at++) {
    const escaped = /^%[0-9a-f]{2}$/i.test(text.slice(at, at + 3))
    if (escaped) {
      bytes.push(Number.parseInt(text.slice(at + 1, at + 3), 16))
      at += 2
    } else {
      bytes.push(...Utf8.fromText(text[at]!))
    }
  }
  return Uint8Array.from(bytes)
}

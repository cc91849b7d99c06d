/** The torrent that a command is about. */
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { MagnetLink, Metainfo } from "@unchoke/protocol"
import { Effect, FileSystem, type PlatformError, Schema } from "effect"
import { Torrent } from "@unchoke/engine"
import { boundedBytes } from "./boundedBytes.ts"
import { safe } from "./render/text.ts"
import * as Units from "./render/units.ts"
import * as Screen from "./Screen.ts"
import { isWebAddress, shownAddress } from "./webAddress.ts"

/** The torrent file could not be read. */
export class UnreadableTorrent extends Schema.TaggedError<UnreadableTorrent>()("UnreadableTorrent", {
  path: Schema.String,
  why: Schema.String,
  /** Whether it is a folder, where a torrent was to be. */
  isFolder: Schema.optional(Schema.Boolean),
  /** What it was to be, where that is no torrent. */
  as: Schema.optional(Schema.Literals(["list", "folder"])),
}) {
  override get message(): string {
    return `cannot read ${this.as === undefined ? this.path : called(this.as, this.path)}: ${this.why}`
  }
}

/** "the list wanted.txt". */
export const called = (what: "list" | "folder", path: string): string =>
  path === "-" ? `the ${what} on stdin` : `the ${what} ${path}`

/** The torrent file could not be written. */
export class Unwritable extends Schema.TaggedError<Unwritable>()("Unwritable", {
  path: Schema.String,
  why: Schema.String,
}) {
  override get message(): string {
    return `cannot write ${this.path}: ${this.why}`
  }
}

/** What a command is about: the torrent of a file, or a link to one, which may be in a file too. */
export const readSource = Effect.fnUntraced(function* (text: string, options: FetchOptions) {
  if (MagnetLink.isMeant(text)) return yield* parsedLink(text)
  if (/\.magnet$/i.test(text) && !isWebAddress(text)) return yield* parsedLink(yield* linkIn(text))
  return yield* readTorrent(text, options)
})

const parsedLink = (text: string) =>
  Effect.mapError(
    Effect.fromResult(MagnetLink.fromString(text)),
    (why) => new UnreadableTorrent({ path: shortened(text), why: `the link ${why}` }),
  )

/** A longer file is not one with a link in it, in bytes. */
const longestLink = 64 * 1024

/** The link in a `.magnet` file: its first line that is not empty. */
const linkIn = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  const unreadable = (why: string) => new UnreadableTorrent({ path, why })
  const bytes = yield* fs.stat(path).pipe(
    Effect.filterOrFail(
      ({ size, type }) => type === "File" && size <= longestLink,
      () => unreadable("it is no file with a magnet link in it"),
    ),
    Effect.andThen(fs.readFile(path)),
    Effect.catchTag("PlatformError", (error) => Effect.fail(unreadable(platformInWords(error)))),
  )
  const link = new TextDecoder().decode(bytes).trim().split(/\s/, 1)[0]!
  return MagnetLink.isMeant(link) ? link : yield* unreadable("there is no magnet link in it")
})

export const isLink = (source: Torrent | MagnetLink.MagnetLink): source is MagnetLink.MagnetLink =>
  !("geometry" in source)

/** What was given, as it is shown: without pass keys. */
export const shownSource = (text: string): string => (MagnetLink.isMeant(text) ? shortened(text) : shownAddress(text))

/** As much of a link as tells which one it is. */
const shortened = (link: string): string => {
  const shown = MagnetLink.shown(link)
  return shown.length > 80 ? `${shown.slice(0, 79)}…` : shown
}

/** How a torrent is fetched that is a file on the web: flags of the command. */
export interface FetchOptions {
  readonly insecureTracker: boolean
  readonly json: boolean
  readonly quiet?: boolean
}

/** Reads and checks a `.torrent` file. */
export const readTorrent = (path: string, options: FetchOptions) => Effect.flatMap(torrentBytes(path, options), parsed)

/** The bytes of what may be a `.torrent` file. */
export const torrentBytes = Effect.fn("readTorrent")(function* (path: string, options: FetchOptions) {
  const fs = yield* FileSystem.FileSystem
  const unreadable = (why: string) => new UnreadableTorrent({ path: shownSource(path), why })
  const tooLong = unreadable(`it is longer than ${Units.bytes(Metainfo.maxLength)}, so it is no torrent`)
  if (MagnetLink.isMeant(path)) {
    return yield* unreadable(
      "here a .torrent file is needed, not a link: save it first (`unchoke show … --save x.torrent`)",
    )
  }
  if (isWebAddress(path) && !/^https?:/i.test(path)) {
    return yield* unreadable("only addresses that begin with http:// or https:// are fetched")
  }
  if (isWebAddress(path)) {
    if (!options.json && options.quiet !== true) yield* Screen.note(`Fetching ${safe(shownAddress(path))}`)
    const { torrentOnWeb } = yield* Effect.promise(() => import("./torrentOnWeb.ts"))
    return yield* torrentOnWeb(path, { insecure: options.insecureTracker })
  }
  return yield* fs.stat(path).pipe(
    Effect.filterOrFail(
      ({ type }) => type !== "Directory",
      () => new UnreadableTorrent({ path: shownSource(path), why: "it is a folder", isFolder: true }),
    ),
    Effect.filterOrFail(
      // Whoever names a film by mistake is told at once.
      ({ size }) => size <= Metainfo.maxLength,
      () => tooLong,
    ),
    Effect.flatMap(
      ({ type }): Effect.Effect<Uint8Array, PlatformError.PlatformError | UnreadableTorrent, Screen.Screen> =>
        // A pipe or a device has a length that nobody knows, and no positions.
        type === "File"
          ? fs.readFile(path)
          : Effect.raceFirst(
              Effect.mapError(boundedBytes(path, Metainfo.maxLength), ({ cause }) =>
                unreadable(inWords(cause) ?? String(cause)),
              ),
              options.json || options.quiet === true ? Effect.never : sayWaiting(path),
            ),
    ),
    Effect.filterOrFail(
      ({ length }) => length <= Metainfo.maxLength,
      () => tooLong,
    ),
    Effect.flatMap((bytes) => {
      const why = somethingElse(bytes)
      return why === undefined ? Effect.succeed(bytes) : Effect.fail(unreadable(why))
    }),
    Effect.catchTag("PlatformError", (error) => Effect.fail(unreadable(platformInWords(error) + unseen(path)))),
  )
})

/** What is often saved in its place, by how it begins; a torrent begins with a `d`. */
const somethingElse = (bytes: Uint8Array): string | undefined => {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return "it is packed; unpack it with gunzip"
  if (bytes[0] === 0x3c) return "it is a web page, saved in the place of the torrent; get the .torrent file itself"
  return undefined
}

/** Who gives a torrent through a pipe at once needs no word; else it is told for what we wait. */
const sayWaiting = (path: string) =>
  Effect.delay(Screen.note(`Waiting for the torrent that is to come through a pipe: ${safe(path)}`), "1 second").pipe(
    Effect.andThen(Effect.never),
  )

/** Who has a name from a program's output may have its colours with it. */
const unseen = (path: string): string =>
  safe(path) === path ? "" : "; each \ufffd in its name stands for a character that cannot be seen"

export const parsed = (bytes: Uint8Array) => Effect.provide(Torrent.fromBytes(bytes), NodeCrypto.layerDigest)

/** What the system has said. */
export const platformInWords = (error: PlatformError.PlatformError): string =>
  inWords(error.cause) ??
  (error.reason._tag === "BadArgument" ? "its name is one that no disk takes" : error.reason._tag)

/** What went wrong, by its code. */
export const inWords = (cause: unknown): string | undefined => {
  const code =
    typeof cause === "object" && cause !== null && "code" in cause && cause.code !== undefined
      ? String(cause.code)
      : undefined
  return code === undefined ? undefined : (words[code] ?? `the system said ${code}`)
}

const words: Readonly<Record<string, string>> = {
  EAI_AGAIN: "its name could not be looked up; check the network",
  ECONNREFUSED: "the server refused the connection",
  ECONNRESET: "the server reset the connection",
  EHOSTUNREACH: "the server cannot be reached",
  ENETUNREACH: "the server cannot be reached",
  ENOTFOUND: "there is no server of that name",
  ETIMEDOUT: "the server did not answer",
  UND_ERR_CONNECT_TIMEOUT: "the server did not answer",
  UND_ERR_SOCKET: "the server hung up",
  UND_ERR_HEADERS_OVERFLOW: "the server's headers have no end",
  UND_ERR_HEADERS_TIMEOUT: "the server did not answer",
  UND_ERR_BODY_TIMEOUT: "the server said nothing more",
  HPE_INVALID_CONSTANT: "what answers there is no web server",
  ERR_SSL_WRONG_VERSION_NUMBER: "what answers there does not speak HTTPS",
  ERR_INVALID_ARG_VALUE: "there is a NUL in its name",
  ERR_INVALID_URL: "the address makes no sense",
  CERT_HAS_EXPIRED: "the server's certificate has expired",
  SELF_SIGNED_CERT_IN_CHAIN: "nobody that we trust has signed the server's certificate",
  UNABLE_TO_GET_ISSUER_CERT: "nobody that we trust has signed the server's certificate",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "nobody that we trust has signed the server's certificate",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "nobody that we trust has signed the server's certificate",
  DEPTH_ZERO_SELF_SIGNED_CERT: "the server's certificate is signed by nobody else",
  ERR_TLS_CERT_ALTNAME_INVALID: "the server's certificate is for another name",
  EACCES: "permission denied",
  EDQUOT: "no space is left for you on the disk",
  EEXIST: "it is there already",
  EFBIG: "it is longer than the disk, or a limit (`ulimit -f`), allows",
  ELOOP: "its links lead in a circle",
  EMFILE: "too many open files; raise the limit (`ulimit -n`)",
  ENAMETOOLONG: "its name is longer than the disk takes",
  ENFILE: "too many files are open on this machine",
  ENOENT: "there is no such file",
  ENOSPC: "no space is left on the disk",
  EISDIR: "it is a folder",
  ENOTFILE: "it is a pipe; to a program it goes by --output -",
  ENOTDIR: "there is a file where a folder should be",
  EPERM: "permission denied",
  EROFS: "the disk is read-only",
}

/** A `.torrent` file at an address on the web, errors in words. */
import { fetchTorrent, type TorrentNotFetched } from "@unchoke/engine"
import { gunzip, NodeTrackerHttp } from "@unchoke/node"
import { Metainfo } from "@unchoke/protocol"
import { Duration, Effect } from "effect"
import { STATUS_CODES } from "node:http"
import * as Units from "./render/units.ts"
import { inWords, UnreadableTorrent } from "./torrentFile.ts"
import { shownAddress } from "./webAddress.ts"

/** So long until it is there. */
const deadline = Duration.seconds(60)

export interface OnWebOptions {
  /** Whether the server's certificate is taken as it is, whoever signed it for whomever. */
  readonly insecure: boolean
}

export const torrentOnWeb = (url: string, options: OnWebOptions): Effect.Effect<Uint8Array, UnreadableTorrent> =>
  fetchTorrent(url, { deadline, gunzip }).pipe(
    Effect.mapError((error) => new UnreadableTorrent({ path: shownAddress(url), why: whyOf(error) })),
    Effect.provide(NodeTrackerHttp.layer(options)),
  )

const whyOf = ({ cause, reason, status = 0 }: TorrentNotFetched): string => {
  switch (reason) {
    case "bad address":
      return "the address makes no sense"
    case "bad redirect":
      return "it leads to an address that is not fetched; a browser shows which: give a magnet link itself"
    case "timed out":
      return `it did not come within ${Duration.toSeconds(deadline)} s`
    case "endless redirects":
      return "its redirects have no end"
    case "status":
      return `the server said ${[status, STATUS_CODES[status] ?? ""].join(" ").trim()}`
    case "too long":
      return `it is longer than ${Units.bytes(Metainfo.maxLength)}, so it is no torrent`
    case "unpackable":
      return "the server packed it, and it cannot be unpacked"
    case "web page":
      return "it is a web page; copy the address of the .torrent file itself"
    case "unreachable":
      return unreachable(cause)
  }
}

const unreachable = (cause: unknown): string => {
  const why = inWords(cause) ?? (cause instanceof Error ? cause.message : "the server's answer makes no sense")
  return isOfCertificate(cause) ? `${why}; --insecure-tracker takes it as it is` : why
}

/** What OpenSSL and Node say of a certificate that they do not take. */
const isOfCertificate = (cause: unknown): boolean =>
  typeof cause === "object" &&
  cause !== null &&
  "code" in cause &&
  /^CERT_|_CERT|^ERR_TLS_CERT|^UNABLE_TO_/.test(String(cause.code))

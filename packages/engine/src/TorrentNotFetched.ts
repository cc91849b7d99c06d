/** The error of a torrent's file that could not be had from the web. */
import { Schema } from "effect"

/** A `.torrent` file did not come from its address on the web, and why. */
export class TorrentNotFetched extends Schema.TaggedError<TorrentNotFetched>()("TorrentNotFetched", {
  url: Schema.String,
  reason: Schema.Literals([
    "bad address",
    "bad redirect",
    "unreachable",
    "timed out",
    "endless redirects",
    "status",
    "too long",
    "unpackable",
    "web page",
  ]),
  status: Schema.optional(Schema.Int),
  cause: Schema.optional(Schema.Defect()),
}) {
  /** Its address, as it may be shown: without user name, password, and whatever else may be a pass key. */
  declare readonly url: string
  /** `status`: the server said something else than 200; `web page`: it sent HTML; `unpackable`: it was packed, and not by gzip. */
  declare readonly reason: typeof TorrentNotFetched.fields.reason.Type
  /** What the server said, of the reason `status`. */
  declare readonly status?: number | undefined
  /** What the HTTP client said, of the reason `unreachable`. */
  declare readonly cause?: unknown

  override get message(): string {
    return `cannot fetch ${this.url}: ${inWords[this.reason]}${this.status === undefined ? "" : ` ${this.status}`}`
  }
}

const inWords: Readonly<Record<TorrentNotFetched["reason"], string>> = {
  "bad address": "the address makes no sense",
  "bad redirect": "it leads to an address that is not fetched: no http:// or https://, such as a magnet link",
  unreachable: "the server cannot be reached, or its answer makes no sense",
  "timed out": "it did not come in time",
  "endless redirects": "its redirects have no end",
  status: "the server said",
  "too long": "it is too long to be a torrent",
  unpackable: "the server packed it, and it cannot be unpacked",
  "web page": "it is a web page; the address of the .torrent file itself is needed",
}

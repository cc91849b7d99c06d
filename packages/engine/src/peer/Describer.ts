/**
 * Tells a peer what the torrent is (BEP 9).
 *
 * Invariant: a peer gets the description a few times at most; whoever asks for more of it is refused.
 */
import { Extensions, MetadataMessage, type PeerMessage } from "@unchoke/protocol"
import type { Link } from "./Link.ts"

/** So many times: peers that put it together from several ask for a part again. */
const mostTimes = 4

export class Describer {
  readonly #link: Link
  readonly #info: Uint8Array
  /** Parts that it may still ask for. */
  #left: number

  constructor(link: Link, info: Uint8Array) {
    this.#link = link
    this.#info = info
    this.#left = mostTimes * MetadataMessage.pieces(info.length)
  }

  /** What is to be answered to an extended message, if it asks for a part. */
  answer({ id, payload }: PeerMessage.Of<"Extended">): PeerMessage.PeerMessage | undefined {
    if (id !== Extensions.ids.ut_metadata) return undefined
    const theirs = this.#link.state().extended?.extensions.get("ut_metadata")
    const said = MetadataMessage.fromBytes(payload)
    if (theirs === undefined || said?._tag !== "Request") return undefined
    return { _tag: "Extended", id: theirs, payload: MetadataMessage.toBytes(this.#part(said.piece)) }
  }

  #part(piece: number): MetadataMessage.MetadataMessage {
    const size = this.#info.length
    if (piece >= MetadataMessage.pieces(size) || this.#left === 0) return { _tag: "Reject", piece }
    this.#left--
    const begin = piece * MetadataMessage.pieceSize
    const block = this.#info.subarray(begin, begin + MetadataMessage.sizeOf(piece, size))
    return { _tag: "Data", piece, size, block }
  }
}

/** What a scripted peer says, right and wrong. */
import { Bitfield, Extensions, Handshake, MetadataMessage, PeerExchange, type PeerMessage } from "@unchoke/protocol"
import { Deferred, Effect } from "effect"
import { NetAddress } from "effect/net"
import type { Step } from "../Script.ts"
import type { Ear } from "./Ear.ts"
import type { Stage } from "./Stage.ts"

export type Describe = Extract<Step, { readonly _tag: "Describe" }>

/** The id under which we want to be asked what the torrent is. */
export const metadataId = 3

/** What is answered to who asks for a part of the description. */
export const partOf = (piece: number, { answers, size }: Describe, { content }: Stage): Uint8Array | undefined => {
  const { info } = content.torrent
  const total = size ?? info.length
  const begin = piece * MetadataMessage.pieceSize
  const block = new Uint8Array(Math.max(0, MetadataMessage.sizeOf(piece, total)))
  block.set(info.subarray(begin, begin + block.length))
  const data = (changes: Partial<Extract<MetadataMessage.MetadataMessage, { readonly _tag: "Data" }>>) =>
    MetadataMessage.toBytes({ _tag: "Data", piece, size: total, block, ...changes })
  switch (answers) {
    case "true":
      return data({})
    case "false":
      return data({ block: block.map((byte) => byte ^ 0xff) })
    case "half false":
      return data(piece % 2 === 0 ? { block: block.map((byte) => byte ^ 0xff) } : {})
    case "reject":
      return MetadataMessage.toBytes({ _tag: "Reject", piece })
    case "garbage":
      return new Uint8Array(100).fill(0xe7)
    case "a byte short":
      return data({ block: block.subarray(1) })
    case "another length":
      return data({ size: total + 1 })
    case "nothing":
      return undefined
  }
}

type HandshakeKind = Extract<Step, { readonly _tag: "Handshake" }>["kind"]

export const handshake = Effect.fnUntraced(function* (kind: HandshakeKind, { content, peerId }: Stage, ear: Ear) {
  const { infoHash } = content.torrent
  const print = (changes: Partial<Handshake.Handshake>) =>
    Handshake.print({ infoHash, peerId, fast: true, extended: true, dht: false, ...changes })
  switch (kind) {
    case "right":
      return print({})
    case "wrong hash":
      return print({ infoHash: infoHash.map((byte) => byte ^ 0xff) })
    case "our own id":
      return print({ peerId: (yield* Deferred.await(ear.handshake)).peerId })
    case "half":
      return print({}).subarray(0, 48)
    case "not BitTorrent":
      return new TextEncoder().encode(
        "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nThis is not the port that you want.",
      )
  }
})

/** As many peers as one message may name (BEP 11). */
const fifty = PeerExchange.toBytes({
  added: Array.from({ length: PeerExchange.most }, (_, index) => ({
    peer: NetAddress.inetAddressFromStringUnsafe(`5.${index}.1.1:6881`),
    flags: 0,
  })),
  dropped: [],
})

export const floods: Record<Extract<Step, { readonly _tag: "Flood" }>["of"], ReadonlyArray<PeerMessage.PeerMessage>> = {
  Have: [{ _tag: "Have", piece: 0 }],
  KeepAlive: [{ _tag: "KeepAlive" }],
  "Choke, Unchoke": [{ _tag: "Choke" }, { _tag: "Unchoke" }],
  Unknown: [{ _tag: "Unknown", id: 99, payload: new Uint8Array(100) }],
  Extended: [{ _tag: "Extended", id: 3, payload: new Uint8Array(100) }],
  Neighbours: [{ _tag: "Extended", id: Extensions.ids.ut_pex, payload: fifty }],
  Interested: [{ _tag: "Interested" }],
  HaveAll: [{ _tag: "HaveAll" }],
  "HaveNone, HaveAll": [{ _tag: "HaveNone" }, { _tag: "HaveAll" }],
  "half a MiB of nothing": [{ _tag: "Unknown", id: 99, payload: new Uint8Array(524_288) }],
  "blocks that nobody wants": [{ _tag: "Piece", piece: 0, begin: 0, block: new Uint8Array(16_384) }],
}

export const without = (pieces: number, missing: ReadonlyArray<number>): Uint8Array => {
  const has = Bitfield.Bitfield.empty(pieces)
  for (let piece = 0; piece < pieces; piece++) if (!missing.includes(piece)) has.add(piece)
  return has.toBytes()
}

export const badBits = (pieces: number, kind: "length" | "spare"): Uint8Array =>
  new Uint8Array(Bitfield.byteLength(pieces) + (kind === "length" || pieces % 8 === 0 ? 1 : 0)).fill(0xff)

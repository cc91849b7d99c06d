/**
 * What BitTorrent's messages and files are, as bytes and as values: pure and synchronous, without sockets, clocks or files.
 *
 * ```ts
 * import { MagnetLink } from "@unchoke/protocol"
 * import { Result } from "effect"
 *
 * const link = Result.getOrThrow(MagnetLink.fromString("magnet:?xt=urn:btih:c9e15763f722f23e98a29decdfae341b98d53056&dn=Ubuntu"))
 * console.log(link.name, MagnetLink.toString(link))
 * ```
 */
export * as Bitfield from "./Bitfield.ts"
export * as Geometry from "./Geometry.ts"
export * as Metainfo from "./Metainfo.ts"
export * as MetainfoChanges from "./MetainfoChanges.ts"
export * as InfoDictionary from "./InfoDictionary.ts"
export * as PieceHead from "./PieceHead.ts"
export * as PieceLength from "./PieceLength.ts"
export * as Frames from "./Frames.ts"
export * as Handshake from "./Handshake.ts"
export * as PeerId from "./PeerId.ts"
export * as PeerMessage from "./PeerMessage.ts"
export * as PeerState from "./PeerState.ts"
export * as Bencode from "./Bencode.ts"
export { BencodeView } from "./BencodeView.ts"
export * as MagnetLink from "./MagnetLink.ts"
export * as MetadataMessage from "./MetadataMessage.ts"
export { percentDecoded } from "./percentDecoded.ts"
export * as Extensions from "./Extensions.ts"
export * as ExtendedHandshake from "./ExtendedHandshake.ts"
export * as FilePath from "./FilePath.ts"
export * as Utf8 from "./Utf8.ts"
export * as AnnounceRequest from "./AnnounceRequest.ts"
export * as LocalDiscovery from "./LocalDiscovery.ts"
export * as PeerExchange from "./PeerExchange.ts"
export * as PeerList from "./PeerList.ts"
export * as TrackerReply from "./TrackerReply.ts"
export * as UdpTracker from "./UdpTracker.ts"
export * as AnnounceUrl from "./AnnounceUrl.ts"
export * as AllowedFast from "./AllowedFast.ts"
export * as PeerPriority from "./PeerPriority.ts"
export { sha1 } from "./sha1.ts"
export * as Encryption from "./encryption/index.ts"
export { HttpBody } from "./HttpBody.ts"
export * as HttpFields from "./HttpFields.ts"
export * as HttpHead from "./HttpHead.ts"
export * as TorrentWebSeeds from "./TorrentWebSeeds.ts"
export * as WebSeedUrl from "./WebSeedUrl.ts"
export * as TorrentUrl from "./TorrentUrl.ts"

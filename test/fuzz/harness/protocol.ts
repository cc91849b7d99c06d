/** The protocol alone, to be bundled with counters: how much work is it to read something? */
export {
  AnnounceUrl,
  Bencode,
  ExtendedHandshake,
  Frames,
  Metainfo,
  PeerMessage,
  TrackerReply,
  UdpTracker,
} from "@unchoke/protocol"

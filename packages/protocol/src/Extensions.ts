/** The extensions (BEP 10) that we speak, and the ids under which others send us their messages. */
export const ids = {
  /** Peer exchange (BEP 11). */
  ut_pex: 1,
  /** The description of a torrent, from peers (BEP 9). */
  ut_metadata: 2,
} as const

/** The name of an extension that we speak, as it stands in the handshake. */
export type Name = keyof typeof ids

/** What all torrents of one program share. */
export interface SessionOptions {
  /** The port at which we can be called; 0 is any that is free (default: the first of 6881 to 6889 that is free). */
  readonly port?: number | undefined
  /** Bytes a second that all torrents together receive (default: no limit). */
  readonly downloadLimit?: number | undefined
  /** Bytes a second that all torrents together send; 0 serves nobody (default: no limit). */
  readonly uploadLimit?: number | undefined
  /** The most connections of all torrents together (default: 200). */
  readonly maxPeers?: number | undefined
}

/** Everyone who takes part, in the order of the tables before they are sorted. */
import { aria2 } from "./aria2.ts"
import type { Client } from "./Client.ts"
import { libtorrents } from "./libtorrent.ts"
import { limits } from "./limit.ts"
import { rtorrent } from "./rtorrent.ts"
import { transmission } from "./transmission.ts"
import { unchoke, unchokeAlone, unchokeEncrypted } from "./unchoke.ts"
import { webtorrentDefault, webtorrentTuned } from "./webtorrent.ts"

export const clients: ReadonlyArray<Client> = [
  unchoke,
  ...libtorrents,
  rtorrent,
  aria2,
  webtorrentTuned,
  webtorrentDefault,
  transmission,
  unchokeAlone,
  unchokeEncrypted,
  ...limits,
]

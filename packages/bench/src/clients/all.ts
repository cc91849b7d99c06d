/** Everyone who takes part, in the order of the tables before they are sorted. */
import { aria2 } from "./aria2.ts"
import type { Client } from "./Client.ts"
import { creators } from "./creators.ts"
import { libtorrents } from "./libtorrent.ts"
import { limits } from "./limit.ts"
import { rtorrent } from "./rtorrent.ts"
import { transmission } from "./transmission.ts"
import {
  unchoke,
  unchokeAlone,
  unchokeEmbedded,
  unchokeEmbeddedOtlp,
  unchokeEncrypted,
  unchokeMetrics,
  unchokeOneThread,
  unchokeOtlp,
} from "./unchoke.ts"
import { webtorrentDefault, webtorrentTuned } from "./webtorrent.ts"

export const clients: ReadonlyArray<Client> = [
  unchoke,
  ...libtorrents,
  rtorrent,
  aria2,
  webtorrentTuned,
  webtorrentDefault,
  transmission,
  ...creators,
  unchokeAlone,
  unchokeEncrypted,
  unchokeOneThread,
  unchokeMetrics,
  unchokeOtlp,
  unchokeEmbedded,
  unchokeEmbeddedOtlp,
  ...limits,
]

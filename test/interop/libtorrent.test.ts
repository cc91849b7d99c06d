import { libtorrent } from "./clients/libtorrent.ts"
import { libtorrentHybrid, libtorrentV1 } from "./creators/libtorrent.ts"
import { creators, proves } from "./matrix.ts"

proves(libtorrent, [...creators, libtorrentV1, libtorrentHybrid])

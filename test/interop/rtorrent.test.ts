import { rtorrent } from "./clients/rtorrent.ts"
import { proves } from "./matrix.ts"

proves(rtorrent)

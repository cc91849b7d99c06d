import { rtorrent } from "./clients/rtorrent.ts"
import { creators, proves } from "./matrix.ts"

proves(rtorrent, creators)

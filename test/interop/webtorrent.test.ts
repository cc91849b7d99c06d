import { webtorrent } from "./clients/webtorrent.ts"
import { creators, proves } from "./matrix.ts"

proves(webtorrent, creators)

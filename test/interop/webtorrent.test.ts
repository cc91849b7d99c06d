import { webtorrent } from "./clients/webtorrent.ts"
import { proves } from "./matrix.ts"

proves(webtorrent)

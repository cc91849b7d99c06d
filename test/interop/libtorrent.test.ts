import { libtorrent } from "./clients/libtorrent.ts"
import { proves } from "./matrix.ts"

proves(libtorrent)

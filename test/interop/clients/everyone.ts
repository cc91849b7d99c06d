/** All the clients there are. */
import { aria2 } from "./aria2.ts"
import type { Client } from "./Client.ts"
import { libtorrent } from "./libtorrent.ts"
import { rtorrent } from "./rtorrent.ts"
import { transmission } from "./transmission.ts"
import { webtorrent } from "./webtorrent.ts"

/** Those who call a peer in 127/8: transmission calls none. */
export const callers: ReadonlyArray<Client> = [aria2, libtorrent, rtorrent, webtorrent]

export const everyone: ReadonlyArray<Client> = [...callers, transmission]

/** What `creating` imports late: who makes a torrent needs no engine. */
export { createTorrent } from "@unchoke/node"

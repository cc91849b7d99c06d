/** What `engine` imports late. */
export { createTorrent, NodeUnchoke } from "@unchoke/node"

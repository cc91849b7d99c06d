/** The front door: the engine, and all that it needs of Node in one layer. */
export * from "@unchoke/engine"
export { type CreateOptions, createTorrent, NodeUnchoke } from "@unchoke/node"
export { MagnetLink } from "@unchoke/protocol"

/** What `engine` imports late. */
export { NodeUnchoke } from "@unchoke/node"

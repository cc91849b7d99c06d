/** What `engine` imports late. */
import { NodeUnchoke } from "@unchoke/node"

export const layer = NodeUnchoke.layer

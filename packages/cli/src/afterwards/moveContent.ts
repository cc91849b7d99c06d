/** Loaded when something is moved. */
export { moveContent } from "@unchoke/node"

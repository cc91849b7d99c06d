/** What `stream` imports late: a server of HTTP. */
export { NodeFileServer } from "@unchoke/node/internal"

/** Loaded when something is moved. */
export { moveContent, whereToDownload } from "@unchoke/node/internal"

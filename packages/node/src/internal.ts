/**
 * What the other packages of unchoke and its own tests use of this one: imported as `@unchoke/node/internal`. No promise is made of it; any version may
 * change it. What one may rely on is exported by `index.ts`.
 */
export * as adopt from "./adopt.ts"
export type { MoveFs } from "./moveCalls.ts"
export { moveContent, type MoveOptions } from "./moveContent.ts"
export { whereToDownload } from "./moveTarget.ts"
export { ReadBuffers } from "./ReadBuffers.ts"
export { TcpConnection } from "./TcpConnection.ts"
export * as TcpSocket from "./TcpSocket.ts"
export * as NodeFileServer from "./http/NodeFileServer.ts"

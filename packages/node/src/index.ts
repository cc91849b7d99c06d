export * as NodeDialer from "./NodeDialer.ts"
export { ReadBuffers } from "./ReadBuffers.ts"
export * as TcpSocket from "./TcpSocket.ts"

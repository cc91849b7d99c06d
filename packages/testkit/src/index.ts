export * as MemorySocket from "./MemorySocket.ts"

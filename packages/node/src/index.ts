/**
 * What the engine needs, on Node: every port as a layer of its own, and all of them in `NodeUnchoke.layer`.
 *
 * ```ts
 * import { NodeUnchoke } from "@unchoke/node"
 *
 * export const layer = NodeUnchoke.layerWith({ port: 6881, maxPeers: 100, dht: false })
 * ```
 */
export { type CreateOptions, createTorrent } from "./creation/createTorrent.ts"
export * as DhtFile from "./DhtFile.ts"
export * as NodeDatagramDialer from "./NodeDatagramDialer.ts"
export * as NodeDatagrams from "./NodeDatagrams.ts"
export * as NodeDht from "./NodeDht.ts"
export * as NodeDialer from "./NodeDialer.ts"
export * as NodeListener from "./NodeListener.ts"
export * as NodeMulticast from "./NodeMulticast.ts"
export * as NodePieceStore from "./NodePieceStore.ts"
export * as NodeResolver from "./NodeResolver.ts"
export * as NodeTracker from "./NodeTracker.ts"
export * as NodeTrackerHttp from "./NodeTrackerHttp.ts"
export * as NodeUnchoke from "./NodeUnchoke.ts"
export * as NodeWebServer from "./NodeWebServer.ts"
export { gunzip } from "./gunzip.ts"

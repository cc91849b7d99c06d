/**
 * What the other packages of unchoke and its own tests use of this one: imported as `@unchoke/dht/internal`. No promise is made of it; any version may
 * change it. What one may rely on is exported by `index.ts`.
 */
export { BloomFilter } from "./BloomFilter.ts"
export * as Endpoint from "./Endpoint.ts"
export * as Id from "./Id.ts"
export * as Krpc from "./Krpc.ts"
export { k } from "./Candidate.ts"
export { alpha, Lookup, maxPackets } from "./Lookup.ts"
export { Node, type NodeOptions } from "./Node.ts"
export * as PeerStore from "./PeerStore.ts"
export { Random } from "./Random.ts"
export { RoutingTable } from "./RoutingTable.ts"
export * as Snapshot from "./Snapshot.ts"
export { Tokens } from "./Tokens.ts"

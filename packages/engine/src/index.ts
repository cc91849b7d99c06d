export { Dialer } from "./Dialer.ts"
export * from "./errors.ts"
export { type Checked, PieceStore, type StoredTorrent, type Verdict } from "./PieceStore.ts"
export type { Torrent } from "./Torrent.ts"

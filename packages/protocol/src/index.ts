export * as Bitfield from "./Bitfield.ts"
export * as Geometry from "./Geometry.ts"
export * as Metainfo from "./Metainfo.ts"

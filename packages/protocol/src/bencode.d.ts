/** The part of npm's `bencode` that is used; the package brings no types. */
declare module "bencode" {
  const bencode: {
    readonly decode: {
      (bytes: Uint8Array): unknown
      /** What it decoded last: it holds on to it. */
      data: Uint8Array | null
    }
  }
  export default bencode
}

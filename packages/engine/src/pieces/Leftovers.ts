/**
 * Blocks of contested pieces whose sender has left. Such a piece is put together from one peer alone, so others begin it anew; but who comes back goes on with what it had sent, or a peer
 * that hangs up before a piece is whole would never be heard to the end.
 *
 * Invariant: at most `mostBytes` are kept; what there is no room for is not.
 */

/** Two of the largest pieces in use. */
const mostBytes = 32 << 20

export class Leftovers {
  readonly #pieces = new Map<number, Map<string, Map<number, Uint8Array>>>()
  #bytes = 0

  /** Copies a block; whether there was room. */
  keep(piece: number, peer: string, block: number, bytes: Uint8Array): boolean {
    if (this.#bytes + bytes.length > mostBytes) return false
    const peers = this.#pieces.get(piece) ?? new Map<string, Map<number, Uint8Array>>()
    const blocks = peers.get(peer) ?? new Map<number, Uint8Array>()
    this.#pieces.set(piece, peers.set(peer, blocks.set(block, new Uint8Array(bytes))))
    this.#bytes += bytes.length
    return true
  }

  /** What a peer had sent of a piece; it is no longer kept here. */
  take(piece: number, peer: string): ReadonlyMap<number, Uint8Array> {
    const blocks = this.#pieces.get(piece)?.get(peer) ?? new Map<number, Uint8Array>()
    this.#pieces.get(piece)?.delete(peer)
    for (const { length } of blocks.values()) this.#bytes -= length
    return blocks
  }

  /** The piece is there. */
  forget(piece: number): void {
    for (const peer of this.#pieces.get(piece)?.keys() ?? []) this.take(piece, peer)
    this.#pieces.delete(piece)
  }

  /** The peer is guilty. */
  disown(peer: string): void {
    for (const piece of this.#pieces.keys()) this.take(piece, peer)
  }
}

/**
 * Which addresses have announced a torrent, as 2048 bits (BEP 33): those of several nodes put together tell how many there are, without naming anybody.
 *
 * Two bits an address, chosen by its SHA-1.
 */
import { sha1 } from "@unchoke/protocol"
import * as ByteString from "./ByteString.ts"
import * as Endpoint from "./Endpoint.ts"

const bits = 2048
const hashes = 2

export class BloomFilter {
  readonly bytes: Uint8Array

  constructor(bytes: Uint8Array = new Uint8Array(bits / 8)) {
    this.bytes = bytes
  }

  static of(endpoints: Iterable<Endpoint.Endpoint>): BloomFilter {
    const filter = new BloomFilter()
    for (const endpoint of endpoints) filter.add(ByteString.toBytes(Endpoint.hostOf(endpoint)))
    return filter
  }

  /** Adds an address of 4 or 16 bytes. */
  add(address: Uint8Array): void {
    const [a, b, c, d] = sha1(address)
    for (const index of [(a! | (b! << 8)) % bits, (c! | (d! << 8)) % bits]) this.bytes[index >> 3]! |= 1 << (index & 7)
  }

  /** Adds all that another one has. */
  merge(other: Uint8Array): void {
    for (let i = 0; i < this.bytes.length; i++) this.bytes[i]! |= other[i]!
  }

  /** How many addresses are in it, by how many bits are set; exact to some percent up to about 5000. */
  get count(): number {
    let unset = 0
    for (const byte of this.bytes) for (let bit = 0; bit < 8; bit++) if (((byte >> bit) & 1) === 0) unset++
    const share = Math.min(bits - 1, Math.max(1, unset)) / bits
    return unset === bits ? 0 : Math.log(share) / (hashes * Math.log(1 - 1 / bits))
  }
}

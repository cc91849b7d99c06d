/** SipHash-2-4 (Aumasson, Bernstein 2012): a keyed checksum of 64 bits that nobody without the key can make. */
export const sipHash = (key: Uint8Array, message: Uint8Array): bigint => {
  const view = new DataView(key.buffer, key.byteOffset, 16)
  const k0 = view.getBigUint64(0, true)
  const k1 = view.getBigUint64(8, true)
  let v0 = k0 ^ 0x736f6d6570736575n
  let v1 = k1 ^ 0x646f72616e646f6dn
  let v2 = k0 ^ 0x6c7967656e657261n
  let v3 = k1 ^ 0x7465646279746573n
  const mix = (rounds: number) => {
    for (; rounds > 0; rounds--) {
      v0 = (v0 + v1) & mask
      v1 = rotate(v1, 13n) ^ v0
      v0 = rotate(v0, 32n)
      v2 = (v2 + v3) & mask
      v3 = rotate(v3, 16n) ^ v2
      v0 = (v0 + v3) & mask
      v3 = rotate(v3, 21n) ^ v0
      v2 = (v2 + v1) & mask
      v1 = rotate(v1, 17n) ^ v2
      v2 = rotate(v2, 32n)
    }
  }
  const padded = new Uint8Array((message.length & ~7) + 8)
  padded.set(message)
  padded[padded.length - 1] = message.length
  const words = new DataView(padded.buffer)
  for (let at = 0; at < padded.length; at += 8) {
    const word = words.getBigUint64(at, true)
    v3 ^= word
    mix(2)
    v0 ^= word
  }
  v2 ^= 0xffn
  mix(4)
  return v0 ^ v1 ^ v2 ^ v3
}

const mask = (1n << 64n) - 1n
const rotate = (word: bigint, by: bigint): bigint => ((word << by) & mask) | (word >> (64n - by))
